locals {
  target_problems = [for name, it in local.targets :
    "No strategy `${it.strategy}` serves the target `${name}`: write one of ${join(", ", keys(local.strategies))}, or add `${it.strategy} = { type }` to `strategies`."
  if can(it.strategy) && !contains(keys(local.strategies), try(it.strategy, ""))]
}
