param "p" { value = [for a in [1, 2] : "${a}-%{if a > 1}x%{endif}"] }
global "g" { value = true ? { "a" : 1 + 2 * 3 } : null }
test { rules { main = !false } }
