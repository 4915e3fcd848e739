import rego.v1

import input.user as person
import input.target
t_alias := person.name
t_alias_field := target.tags.env
t_alias_missing := person.surname
