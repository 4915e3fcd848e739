# What strategies declare in the manifest, for the functions that carry them out.
locals {
  strategy_declarations = flatten([
    for name, strategy in local.strategies : [
      for index, statement in try(local.manifest_strategies[strategy.type].iam, []) : {
        name      = name
        index     = index
        functions = try(statement.functions, ["worker"])
        actions   = statement.actions
        resources = try(strategy.resources, statement.resources, [])
      }
    ]
  ])

  # A function that only looks is given only what the declaration says is for it.
  strategy_statements = { for role in ["form", "worker", "sweep"] : role => [
    for it in local.strategy_declarations : {
      Sid      = "Strategy${replace(title(replace(it.name, "/[^a-z0-9]+/", " ")), " ", "")}${it.index}"
      Effect   = "Allow"
      Action   = it.actions
      Resource = it.resources
    } if contains(it.functions, role) && length(it.resources) > 0
  ] }
}
