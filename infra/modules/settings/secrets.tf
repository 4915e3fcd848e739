# The ARNs of secrets, by who needs them.
locals {
  slack_secrets       = compact(flatten([for slack in var.slack[*] : [slack.bot_token_arn, slack.signing_secret_arn, slack.new_signing_secret_arn]]))
  integration_secrets = flatten([for it in values(local.own_integrations) : values(try(it.secrets, {}))])
  webhook_secrets     = [for it in values(var.webhooks) : it.secret_arn]
  strategy_secrets    = flatten([for it in values(local.strategies) : values(try(it.secrets, {}))])

  secret_arns = {
    slack = local.slack_secrets
    # Whoever runs the flows' code and grants nothing.
    asking = concat(local.slack_secrets, local.integration_secrets, values(var.secrets))
    all    = concat(local.slack_secrets, local.integration_secrets, values(var.secrets), local.strategy_secrets, local.webhook_secrets)
  }
}
