locals {
  strategy_problems = concat(
    [for name, it in local.strategies :
      "The strategy `${name}` is of the type `${try(it.type, "")}`, which the manifest lacks: write one of ${join(", ", keys(local.manifest_strategies))}, or register it in `main!(strategies: [..])` and make the manifest again."
    if local.has_manifest && !contains(keys(local.manifest_strategies), try(it.type, ""))],
    [for name, it in local.strategies :
      "The strategy `${name}` acts through the integration `${it.integration}`, which nobody configured: ${local.known.integrations}add `${it.integration} = { type, external_id }` to `integrations`."
    if can(it.integration) && !contains(keys(local.integrations), try(it.integration, ""))],
    distinct([for it in local.strategy_declarations :
      "The strategy `${it.name}` acts in AWS, and nobody says on what: write `resources = [\"arn:aws:..\"]` beside its `type`, such as the role that its integration assumes."
    if length(it.resources) == 0]),
    flatten([for it in local.strategy_declarations : [for action in it.actions :
      "The strategy `${it.name}` declares the action `${action}` in the manifest: where it is declared, name the actions one by one."
    if can(regex("[*]", action))]]),
    flatten([for it in local.strategy_declarations : [for role in it.functions :
      "The strategy `${it.name}` declares actions for a function `${role}` in the manifest: only `worker`, `sweep` and `form` get any."
    if !contains(["worker", "sweep", "form"], role)]]),
  )
}
