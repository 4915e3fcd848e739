locals {
  target_problems = [for name, it in local.targets :
    "No strategy `${it.strategy}` serves the target `${name}`: ${local.known.strategies}add `${it.strategy} = { type }` to `strategies`."
  if can(it.strategy) && !contains(keys(local.strategies), try(it.strategy, ""))]
}
