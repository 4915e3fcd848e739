allow if f(1)

f(x) if f(x + 1)
