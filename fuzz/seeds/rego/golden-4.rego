import rego.v1

default t_default := "none"
t_default := "admin" if input.user.admin
default t_default_yes := false
t_default_yes if input.user.name == "Ada"
default t_only := 3
t_chain := "admin" if { input.user.admin } else := "user" if { input.user.name == "Ada" } else := "nobody"
t_chain_last := 1 if { input.user.admin } else := 2 if { input.user.surname } else := 3
t_chain_none := 1 if { input.user.admin } else := 2 if { input.user.surname }
t_same := 1 if input.user.name
t_same := 1 if input.hours
t_one_of_two := 1 if input.user.surname
t_one_of_two := 2 if input.hours
t_conflict := 1 if input.user.name
t_conflict := 2 if input.hours
t_conflict_values := input.user.name if input.user.name
t_conflict_values := input.text if input.hours
