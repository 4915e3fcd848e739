# The flow of examples/infra-access, with everything that a company turns on: Slack, alarms, an
# object-locked bucket, a domain of its own.

provider "aws" {
  region = "eu-central-1"
}

module "countersign" {
  source = "../.."

  name         = "prod"
  organization = "acme"
  time_zone    = "Europe/Berlin" # "tomorrow" and "9:00" are meant there
  domains      = ["acme.test"]   # whoever comes from here is a member, all others are guests

  zip      = var.zip
  manifest = var.manifest

  oidc = {
    issuer            = "https://acme.okta.test"
    audiences         = ["countersign"]
    client_id         = "0oacountersign" # people sign in to the pages as this client
    client_secret_arn = "${local.secrets}/sign-in-AbCdEf"
    session_idle      = "2h"
  }

  # The secrets are made elsewhere, so that none is in Terraform's state.
  slack = {
    team_id            = "T0ACME"
    app_id             = "A0COUNTERSIGN"
    bot_token_arn      = "${local.secrets}/slack-bot-token-AbCdEf"
    signing_secret_arn = "${local.secrets}/slack-signing-secret-AbCdEf"
  }

  integrations = {
    okta      = { type = "okta", external_id = "acme.okta.com", secrets = { token = "${local.secrets}/okta-token-AbCdEf" } }
    pagerduty = { type = "pagerduty", external_id = "acme", secrets = { token = "${local.secrets}/pagerduty-token-AbCdEf" } }
    directory = { type = "directory", external_id = "local" }
  }

  # How access is given and taken away: by adding people to a group and removing them again.
  strategies = {
    groups = { type = "directory_group", integration = "directory" }
  }

  # What one can get. The flow decides by `kind`; people read `label`.
  targets = {
    s3-customer-data = {
      kind         = "s3"
      label        = "Customer data in S3"
      strategy     = "groups"
      settings     = { group = "s3-customer-data" }
      max_duration = "4h" # the shorter of this and the flow's holds
    }
    prod-database = {
      kind     = "database"
      label    = "Production database"
      strategy = "groups"
      settings = { group = "prod-database" }
    }
    staging-admin = {
      kind     = "admin"
      label    = "Administration of staging"
      strategy = "groups"
      settings = { group = "staging-admin" }
    }
    ci-deploy = {
      kind     = "deploy"
      label    = "Deployments from CI"
      strategy = "groups"
      settings = { group = "ci-deploy" }
    }
  }

  # Who approves is decided in the flow's code; what it may give, here.
  flows = {
    infra_access = {
      targets        = ["s3-customer-data", "prod-database", "staging-admin", "ci-deploy"]
      durations      = ["30m", "1h", "4h"]
      max_duration   = "8h"
      max_extensions = 2
      fail           = "ask" # when the flow's own code fails, its approvers are asked; "deny" refuses
    }
  }

  # People who are known from the start. Others appear when they first act.
  users = {
    "ada@acme.test"  = { name = "Ada", role = "member" }
    "bo@acme.test"   = { name = "Bo", role = "member", groups = ["data-security"] }
    "cy@acme.test"   = { name = "Cy", role = "member", groups = ["data-security"] }
    "dee@acme.test"  = { name = "Dee", role = "member" }
    "eve@acme.test"  = { name = "Eve", role = "member", groups = ["contractors"] }
    "ops@acme.test"  = { name = "Ops", role = "member" }
    "root@acme.test" = { name = "Root", role = "admin" } # may also end anybody's access and change users
  }

  # What is answered when a flow asks for groups, channels and who is on call, until the systems do.
  directory = {
    groups    = { data-security = ["bo@acme.test", "cy@acme.test"], contractors = ["eve@acme.test"] }
    channels  = { "#ops" = ["ops@acme.test"] }
    schedules = { primary = [{ user = "dee@acme.test" }] } # always; `from` and `until` bound a shift
  }

  alarms = {
    topic_arns = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
  }

  audit_bucket = {
    name           = "acme-countersign-audit"
    retention_days = 400
  }

  domain = {
    name            = "access.acme.test"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    zone_id         = "Z0123456789ABC"
  }

  log_retention_days = 400
}

locals {
  secrets = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:countersign"
}

variable "zip" {
  description = "The path of the zip with the program."
  type        = string
}

variable "manifest" {
  description = "The path of the program's manifest."
  type        = string
}

output "url" {
  description = "Where Countersign answers."
  value       = module.countersign.url
}
