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
# ----
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
# ----
t_array_comprehension := [h | some h in input.hours; h > 9]
t_set_comprehension := {(h % 2) | some h in input.hours}
t_object_comprehension := {g: count(g) | some g in input.user.groups}
t_nested_comprehension := [[(h + x) | some x in [1, 2]] | some h in input.hours]
t_empty_comprehension := [h | some h in input.nothing]
t_missing_comprehension := [h | some h in input.missing]
t_comprehension_of_sets := {{h} | some h in input.hours}
t_comprehension_with_function := [upper(g) | some g in input.user.groups]
t_walk_object := {k | some k, _ in input.target.tags}
t_old_comprehension := [g | g := input.user.groups[_]]
t_count_comprehension := count([h | some h in input.hours; h < 0])
# ----
t_partial contains g if some g in input.user.groups
t_partial contains "also"
t_partial_two contains 1 if input.user.admin
t_partial_two contains 2 if not input.user.admin
t_partial_none contains 1 if input.user.admin
t_map[g] := count(g) if some g in input.user.groups
t_uses_partial if "also" in t_partial
t_uses_partial_index if t_partial["also"]
t_uses_map := t_map.eng
t_counts_partial := count(t_partial)
# ----
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
# ----
double(x) := x * 2
t_function := double(21)
t_function_twice := double(double(1))
t_function_undefined := double(input.missing)
size(x) := "long" if count(x) > 3
size(x) := "short" if count(x) <= 3
t_definitions := [size(g) | some g in input.user.groups]
kind("s3") := "bucket"
kind("db") := "database"
t_pattern := kind(input.target.kind)
t_pattern_none := kind("x")
pair([a, b]) := a + b
t_destructured := pair([1, 2])
t_destructured_none := pair([1, 2, 3])
is_big(x) if x > 10
t_boolean if is_big(17)
t_boolean_not if not is_big(9)
clash(x) := x
clash(x) := x + 1 if x > 1
t_clash_not := clash(1)
t_clash := clash(2)
or_else(x) := "big" if { x > 10 } else := "small"
t_else := [or_else(h) | some h in input.hours]
# ----
t_concat := concat("-", ["a", "b"])
t_contains if contains(input.text, "eu")
t_startswith if startswith(input.text, "prod")
t_endswith if endswith(input.text, "1")
t_split := split(input.text, "-")
t_sprintf := sprintf("%s is %d years: %v", [input.user.name, input.user.age, input.hours])
t_replace := replace(input.text, "-", "/")
t_trim := trim(" a ", " ")
t_upper := upper("abc")
t_substring := substring(input.text, 5, 2)
t_indexof := indexof(input.text, "eu")
t_format := format_int(255, 16)
t_count_text := count("héllo")
t_max := max(input.hours)
t_min := min({3, 1})
t_sum_of := sum(input.hours)
t_product := product([2, 3, 4])
t_sort := sort([3, 1, 2])
t_reverse := array.reverse([1, 2])
t_slice := array.slice(input.hours, 1, 3)
t_concat_arrays := array.concat([1], [2])
t_union := {1, 2} | {2, 3}
t_intersection := {1, 2} & {2, 3}
t_difference := {1, 2} - {2, 3}
t_union_of := union({{1}, {2}})
t_get := object.get(input.user, "surname", "none")
t_get_path := object.get(input, ["target", "tags", "env"], "none")
t_keys := object.keys(input.target.tags)
t_union_objects := object.union({"a": 1}, {"b": 2})
t_remove := object.remove({"a": 1, "b": 2}, ["a"])
t_filter := object.filter({"a": 1, "b": 2}, ["a"])
t_marshal := json.marshal({"a": [1, "x"]})
t_unmarshal := json.unmarshal("{\"a\": [1]}")
t_regex if regex.match(`^prod-\w+-\d$`, input.text)
t_regex_replace := regex.replace(input.text, "[0-9]+", "N")
t_regex_split := regex.split("-", input.text)
t_number := to_number("12")
t_range := numbers.range(1, 4)
t_type := type_name(input.hours)
t_is if is_string(input.text)
t_round := round(2.5)
t_bits := bits.and(6, 3)
t_lsh := bits.lsh(1, 70)
t_units := units.parse_bytes("2KiB")
t_big := 9223372036854775807 * 9223372036854775807
# ----
import input.user as person
import input.target
t_alias := person.name
t_alias_field := target.tags.env
t_alias_missing := person.surname
# ----
t_many_values := g if some g in input.user.groups
t_many_equal := count(g) - count(g) if some g in input.user.groups
t_many_true if { some g in input.user.groups; g != "x" }
t_object_clash := {k: v | some v in input.hours; k := "a"}
t_object_same := {k: v | some v in [1, 1]; k := "a"}
t_object_nested := {g: {k: v | some k, v in input.target.tags} | some g in input.user.groups}
t_object_nested_clash := {g: {k: v | some v in input.hours; k := g} | some g in input.user.groups}
t_map_clash[k] := v if { some v in input.hours; k := "a" }
t_map_same[k] := v if { some v in [2, 2]; k := "a" }
pick(x) := y if some y in x
t_pick_one := [pick([n]) | some n in [1, 2, 3]]
t_pick_many := pick([1, 2])
t_else_values := g if { some g in input.user.groups; g == "eng" } else := "none"
# ----
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
