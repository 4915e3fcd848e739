import rego.v1

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
