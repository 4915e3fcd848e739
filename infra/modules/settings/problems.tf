# What is wrong with the settings, in words that say what to write instead. All of it is told at once.
locals {
  problems = { for section, shape in local.shapes : section => concat(
    local.shape_problems[section],
    # Where the shape is wrong, what it means cannot be told.
    length(local.shape_problems[section]) > 0 ? [] : local.meaning_problems[section],
  ) }

  shape_problems = { for section, shape in local.shapes : section => flatten([
    for name, it in shape.given : concat(
      [for form in [shape.form] : "`${name}` cannot name a ${shape.what}: write ${shape.example}." if !can(regex(form, name))],
      [for key in setsubtract(keys(it), concat(shape.known, shape.also)) :
      "The ${shape.what} `${name}` has no `${key}`: it knows ${join(", ", sort(concat(shape.known, shape.also)))}."],
      [for key in setsubtract(shape.needed, keys(it)) : "The ${shape.what} `${name}` lacks `${key}`: write it."],
    )
  ]) }

  meaning_problems = {
    integrations = concat(local.integration_problems, local.plain_secrets.integrations)
    strategies   = concat(local.strategy_problems, local.plain_secrets.strategies)
    targets      = concat(local.target_problems, local.duration_problems.targets)
    flows        = concat(local.flow_problems, local.missing_flows, local.missing_integrations, local.duration_problems.flows)
    users        = local.user_problems
  }

  # How a message begins that names what there is, where there is something.
  known = { for what, names in {
    integrations = keys(local.integrations), strategies = keys(local.strategies), targets = keys(local.targets)
  } : what => length(names) == 0 ? "" : "write one of ${join(", ", names)}, or " }
}
