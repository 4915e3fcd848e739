import rego.v1

# v0
t_old { input.user.name == "Ada" }
t_old_value = x { x := input.user.age }
t_old_set[x] { x := input.user.groups[_] }
t_old_map[k] = v { v := input.target.tags[k] }
t_old_not { not t_old_no }
t_old_no { input.user.admin }
t_old_default = "b" { t_old_no }
default t_old_default = "a"
t_old_else = 1 { t_old_no } else = 2 { t_old }
f(x) = y { y := x + 1 }
t_old_function = f(1)
t_old_any { input.hours[i] > 16; i > 1 }
t_old_some { some i; input.hours[i] == 9 }
t_old_reference = input.target.tags
t_old_set_has { t_old_set["eng"] }
