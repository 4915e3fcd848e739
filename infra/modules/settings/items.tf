# The settings as items: the JSON that the reader of a settings document reads, part by part.
locals {
  items = merge(
    { environment = jsonencode(var.environment), http = jsonencode(var.http) },
    { for name, it in local.integrations : "integration#${name}" => jsonencode(merge(
      { for key, value in it : key => value if key != "secrets" },
      { name = name, settings = merge(try(it.settings, {}), local.references[name]) },
    )) },
    { for name, it in local.strategies : "strategy#${name}" => jsonencode(merge(
      { for key, value in it : key => value if !contains(["resources", "secrets"], key) },
      { name = name, settings = merge(try(it.settings, {}), { for key, arn in try(it.secrets, {}) : key => { arn = arn } }) },
    )) },
    { for name, it in local.targets : "target#${name}" => jsonencode(merge(it, { name = name })) },
    { for name, it in local.flows : "flow#${name}" => jsonencode(merge(it, { name = name })) },
    { for email, it in local.users : "user#${email}" => jsonencode(merge(it, { email = email })) },
    { for name, it in var.webhooks : "webhook#${name}" => jsonencode({ name = name, url = it.url, secret = { arn = it.secret_arn }, about = it.about }) },
    { for name, arn in var.secrets : "secret#${name}" => jsonencode({ arn = arn }) },
    { for directory in var.directory[*] : "directory" => jsonencode({
      groups    = [for name, members in directory.groups : { name = name, members = members }]
      channels  = [for name, members in directory.channels : { name = name, members = members }]
      schedules = [for name, shifts in directory.schedules : { name = name, shifts = [for shift in shifts : { for key, value in shift : key => value if value != null }] }]
    }) },
  )

  # Slack is an integration like the others.
  integrations = merge(
    local.own_integrations,
    { for slack in var.slack[*] : "slack" => {
      type        = "slack"
      external_id = slack.team_id
      settings = merge(
        { for key, value in { app_id = slack.app_id, error_channel = slack.error_channel, url = slack.url } : key => value if value != null },
        # Two signing secrets hold while one takes the other's place.
        slack.new_signing_secret_arn == null ? {} : {
          signing_secret = [for arn in [slack.signing_secret_arn, slack.new_signing_secret_arn] : { arn = arn }]
        },
      )
      secrets = { for key, arn in {
        bot_token      = slack.bot_token_arn
        signing_secret = slack.new_signing_secret_arn == null ? slack.signing_secret_arn : null
      } : key => arn if arn != null }
    } },
  )

  references = { for name, it in local.integrations : name => { for key, arn in try(it.secrets, {}) : key => { arn = arn } } }
}
