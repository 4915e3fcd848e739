locals {
  target_problems = [for name, it in var.targets :
    "No strategy `${it.strategy}` serves the target `${name}`: write one of ${join(", ", keys(var.strategies))}, or add `${it.strategy} = { type }` to `strategies`."
  if can(it.strategy) && !contains(keys(var.strategies), try(it.strategy, ""))]
}
