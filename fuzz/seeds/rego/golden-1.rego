import rego.v1

t_some if "oncall" in input.user.groups
t_some_not if not "hr" in input.user.groups
t_some_in if { some g in input.user.groups; g == "eng" }
t_some_none if { some g in input.nothing; g == "eng" }
t_some_pair if { some i, g in input.user.groups; i == 1; g == "oncall" }
t_some_object if { some k, v in input.target.tags; k == "env"; v == "prod" }
t_some_index if { some i; input.hours[i] == 17 }
t_wildcard if input.hours[_] > 16
t_wildcard_none if input.hours[_] > 18
t_wildcard_empty if input.nothing[_] == 1
t_wildcard_missing if input.missing[_] == 1
t_every if every h in input.hours { h > 8 }
t_every_fails if every h in input.hours { h > 9 }
t_every_empty if every h in input.nothing { h > 9 }
t_every_missing if every h in input.missing { h > 9 }
t_every_pair if every k, v in input.target.tags { k != v }
t_every_number if every h in input.user.age { h > 9 }
t_nested_every if every g in input.user.groups { some h in input.hours; h > count(g) }
t_two_loops := [a, b] if { some a in [1, 2]; some b in [2, 3]; a == b }
t_not_some if not t_some_none
