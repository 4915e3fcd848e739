locals {
  integration_problems = concat(
    [for name, it in local.own_integrations :
    "The integration `${name}` is of the type `slack`: take it away and write `slack = { team_id, bot_token_arn, signing_secret_arn }`." if try(it.type == "slack", false)],
    [for name, it in local.own_integrations :
    "`slack` is the integration that the variable `slack` makes: give this one another name." if name == "slack" && var.slack != null],
    [for same, names in { for name, it in local.own_integrations : "${try(it.type, "")} `${try(it.external_id, "")}`" => name... } :
    "The integrations ${join(" and ", names)} are both ${same}: give each an `external_id` of its own, or keep one." if length(names) > 1],
  )

  # Settings are kept in the table as they are, and whoever reads the plan reads them.
  plain_secrets = { for section in ["integrations", "strategies"] : section => flatten([
    for name, it in local.shapes[section].given : [
      for key, value in try(it.settings, {}) :
      "`${key}` in the settings of the ${local.shapes[section].what} `${name}` is a secret: put it in Secrets Manager, and write `secrets = { ${key} = \"arn:..\" }` in place of it."
      if can(keys(value)) ? can(value.env) || can(value.file) || can(value.arn) : (
        can(regex(local.telling, lower(key))) && !can(regex(local.harmless, lower(key))) && can(tostring(value)) && !can(tobool(value)) ||
        can(regex(local.secret_beginning, tostring(value)))
      )
    ]
  ]) }

  configured_types = distinct(concat([for it in values(local.own_integrations) : try(it.type, "")], [for slack in var.slack[*] : "slack"]))
}
