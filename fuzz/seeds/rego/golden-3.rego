import rego.v1

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
