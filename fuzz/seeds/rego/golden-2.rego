import rego.v1

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
