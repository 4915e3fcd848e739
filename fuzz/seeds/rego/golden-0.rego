import rego.v1

t_true := true
t_sum := 1 + 2 * 3 - 4 / 2
t_modulo := 7 % 3
t_float := 1 / 3
t_negative := -5 + 2
t_compare if 1 < 2
t_compare_types if not "a" < 1
t_null := null
t_text := "a\nb"
t_raw := `a\nb`
t_array := [1, "a", [2], {"x": 3}]
t_set := {3, 1, 2, 1}
t_object := {"a": 1, "b": {"c": [2]}}
t_index := input.hours[1]
t_index_missing := input.hours[7]
t_field := input.user.name
t_field_missing := input.user.surname
t_null_field := input.user.manager
t_false_field := input.user.admin
t_deep := input.target.tags.env
t_bracket := input["target"]["tags"]["pii"]
t_of_number := input.user.age.years
t_not_false if not input.user.admin
t_not_missing if not input.user.surname
t_not_null if not input.user.manager
t_equal if input.user.name == "Ada"
t_unequal if input.user.name != "Eve"
t_unify if input.user.name = "Ada"
t_unify_both if { x = input.user.name; x == "Ada" }
t_destructure := y if [_, y, _] = input.hours
t_destructure_object := k if {"kind": k, "name": "prod-logs", "tags": _} = input.target
