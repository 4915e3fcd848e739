# The module, as it is, applied to an emulator of AWS on this machine. What differs from a deployment for
# real is here: where the provider finds AWS, secrets that are none, and inputs that anybody can set.

module "countersign" {
  source = "../.."

  name         = var.name
  organization = "acme"
  time_zone    = "Europe/Berlin"
  domains      = ["acme.test"]
  zip          = var.zip
  manifest     = var.manifest
  architecture = var.architecture
  oidc = {
    issuer            = var.oidc_issuer
    audiences         = [var.oidc_audience]
    authorizer        = var.oidc_authorizer
    client_id         = "countersign-pages"
    client_secret_arn = aws_secretsmanager_secret.this["sign-in"].arn
  }
  log_level = var.log_level

  deletion_protection = false
  require_tls         = false
  log_retention_days  = 1
  audit_bucket        = { name = "countersign-${var.name}-audit", retention_days = 1, mode = "GOVERNANCE" }

  integrations = {
    # Without secrets nobody is called, and `directory` answers.
    okta      = { type = "okta", external_id = "acme.okta.test" }
    pagerduty = { type = "pagerduty", external_id = "acme" }
    directory = { type = "directory", external_id = "local" }
  }

  # Where nothing stands in for Slack, nobody is called: `directory` answers in its place.
  slack = {
    team_id            = try(var.slack.team_id, "T0ACME")
    app_id             = try(var.slack.app_id, null)
    url                = try(var.slack.url, null)
    bot_token_arn      = try(aws_secretsmanager_secret.this["slack-bot"].arn, null)
    signing_secret_arn = try(aws_secretsmanager_secret.this["slack-signing"].arn, null)
  }

  strategies = {
    groups = { type = "directory_group", integration = "directory" }
  }

  targets = {
    s3-customer-data = { kind = "s3", label = "Customer data in S3", strategy = "groups", settings = { group = "s3-customer-data" }, max_duration = "4h" }
    prod-database    = { kind = "database", label = "Production database", strategy = "groups", settings = { group = "prod-database" } }
    staging-admin    = { kind = "admin", label = "Administration of staging", strategy = "groups", settings = { group = "staging-admin" } }
    ci-deploy        = { kind = "deploy", label = "Deployments from CI", strategy = "groups", settings = { group = "ci-deploy" } }
  }

  flows = {
    infra_access = {
      targets        = ["s3-customer-data", "prod-database", "staging-admin", "ci-deploy"]
      durations      = ["30m", "1h", "4h"]
      max_duration   = "8h"
      max_extensions = 2
      fail           = "ask"
    }
  }

  users = {
    "ada@acme.test"  = { name = "Ada", role = "member" }
    "bo@acme.test"   = { name = "Bo", role = "member", groups = ["data-security"] }
    "cy@acme.test"   = { name = "Cy", role = "member", groups = ["data-security"] }
    "dee@acme.test"  = { name = "Dee", role = "member" }
    "eve@acme.test"  = { name = "Eve", role = "member", groups = ["contractors"] }
    "ops@acme.test"  = { name = "Ops", role = "member" }
    "root@acme.test" = { name = "Root", role = "admin" }
  }

  directory = {
    groups    = { data-security = ["bo@acme.test", "cy@acme.test"], contractors = ["eve@acme.test"] }
    channels  = { "#ops" = ["ops@acme.test"] }
    schedules = { primary = [{ user = "dee@acme.test" }] }
  }
}

locals {
  secrets = merge(
    { sign-in = "made-up-sign-in" },
    var.slack == null ? {} : { slack-bot = var.slack.bot_token, slack-signing = var.slack.signing_secret },
  )
}

resource "aws_secretsmanager_secret" "this" {
  for_each                = local.secrets
  name                    = "countersign-${var.name}-${each.key}"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each      = aws_secretsmanager_secret.this
  secret_id     = each.value.id
  secret_string = local.secrets[each.key]
}
