mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name         = "test"
  organization = "acme"
  zip          = "tests/fixtures/program.zip"
  manifest     = "tests/fixtures/manifest.json"
  oidc         = { issuer = "https://login.acme.test", audiences = ["countersign"] }
  slack = {
    team_id            = "T0ACME"
    bot_token_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf"
    signing_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing"
  }
  integrations = {
    okta = { type = "okta", external_id = "acme.okta.test", secrets = { token = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:okta-AbCdEf" } }
  }
  strategies = {
    groups = { type = "aws_iam_group", resources = ["arn:aws:iam::123456789012:group/data"] }
  }
  targets = { data = { strategy = "groups", settings = { group = "data" } } }
  flows   = { infra_access = { targets = ["data"] } }
}

run "the_defaults_are_safe" {
  # What revokes has its own concurrency.
  assert {
    condition = (
      var.reserved_concurrency.worker > 0 && var.reserved_concurrency.timer > 0 && var.reserved_concurrency.sweep > 0 &&
      var.reserved_concurrency.api == -1
    )
    error_message = "worker, timer and sweep must be able to run when everything else in the account is busy"
  }

  # No more and no less than the contract is in the environment.
  assert {
    condition     = local.environment == { COUNTERSIGN_ENVIRONMENT = "test", COUNTERSIGN_TABLE = "countersign-test", COUNTERSIGN_AUDIT_TABLE = "countersign-test-audit", RUST_LOG = "info" }
    error_message = "the environment that all functions share"
  }

  assert {
    condition     = local.oidc_environment == { COUNTERSIGN_OIDC_ISSUER = "https://login.acme.test", COUNTERSIGN_OIDC_AUDIENCE = "countersign", COUNTERSIGN_OIDC_EMAIL_CLAIM = "email" }
    error_message = "the sign-in"
  }

  # Heads are signed, and kept and passed on only where somebody says so.
  assert {
    condition     = local.audit_environment == { COUNTERSIGN_SIGNING_KEY = module.audit.signing_key_arn }
    error_message = "what the sweep is told of the audit tree"
  }

  # Logs are kept for a year and tables refuse to be deleted.
  assert {
    condition     = var.log_retention_days == 365 && var.deletion_protection && var.require_tls && var.architecture == "arm64"
    error_message = "the defaults of the module"
  }

  # Slack is an integration like the others.
  assert {
    condition     = contains(module.settings.keys, "integration#slack") && length(module.settings.keys) == 7
    error_message = "the settings are environment, okta, slack, groups, data and infra_access"
  }

  # The address is the apis.
  assert {
    condition     = output.url == "https://a1b2c3.execute-api.eu-central-1.amazonaws.com"
    error_message = "without a domain, people use API Gateway's address"
  }
}

run "the_address_can_be_a_proxys" {
  variables {
    url = "https://access.acme.test"
  }

  assert {
    condition     = output.url == "https://access.acme.test"
    error_message = "the address that is written wins"
  }
}

run "the_address_can_be_a_domain_of_ones_own" {
  variables {
    domain = { name = "access.acme.test", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1", zone_id = "Z1" }
  }

  assert {
    condition     = output.url == "https://access.acme.test"
    error_message = "the domain is the address"
  }
}

run "everything_that_is_optional_fits_together" {
  variables {
    vpc              = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
    audit_bucket     = { name = "acme-audit" }
    secrets          = { jira_token = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jira-AbCdEf" }
    secrets_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-2222-2222-222222222222"]
    alarms           = { topic_arns = ["arn:aws:sns:eu-central-1:123456789012:on-call"] }
    directory        = { channels = { "#ops" = ["ops@acme.test"] }, schedules = { primary = [{ user = "dee@acme.test" }] } }
    users            = { "ada@acme.test" = { name = "Ada", role = "admin" } }
    export = {
      firehose_arn   = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/audit"
      bus_arn        = "arn:aws:events:eu-central-1:123456789012:event-bus/audit"
      url            = "https://siem.acme.test/in"
      url_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:export-AbCdEf"
    }
  }

  assert {
    condition = local.audit_environment == {
      COUNTERSIGN_SIGNING_KEY     = module.audit.signing_key_arn
      COUNTERSIGN_AUDIT_BUCKET    = module.audit.bucket_name
      COUNTERSIGN_AUDIT_FOLDER    = "test"
      COUNTERSIGN_EXPORT_FIREHOSE = "audit"
      COUNTERSIGN_EXPORT_BUS      = "arn:aws:events:eu-central-1:123456789012:event-bus/audit"
      COUNTERSIGN_EXPORT_URL      = "https://siem.acme.test/in"
      COUNTERSIGN_EXPORT_SECRET   = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:export-AbCdEf"
    }
    error_message = "where the sweep passes entries on to"
  }

  assert {
    condition     = length(output.policies) >= 12
    error_message = "every policy is shown"
  }
}

run "people_sign_in_to_the_pages_as_a_client_of_the_issuer" {
  variables {
    oidc = {
      issuer            = "https://login.acme.test"
      audiences         = ["countersign"]
      client_id         = "pages"
      client_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/sign-in"
      session_idle      = "30m"
    }
  }

  assert {
    condition = local.oidc_environment == {
      COUNTERSIGN_OIDC_ISSUER        = "https://login.acme.test"
      COUNTERSIGN_OIDC_AUDIENCE      = "countersign"
      COUNTERSIGN_OIDC_EMAIL_CLAIM   = "email"
      COUNTERSIGN_OIDC_CLIENT_ID     = "pages"
      COUNTERSIGN_OIDC_CLIENT_SECRET = "arn:aws:ssm:eu-central-1:123456789012:parameter/sign-in"
      COUNTERSIGN_SESSION_LASTS      = "8h"
      COUNTERSIGN_SESSION_IDLE       = "30m"
    }
    error_message = "the sign-in"
  }

  # The function that faces the internet reads that secret, and form does not.
  assert {
    condition     = contains(flatten([for it in local.api_statements : it.Resource if it.Sid == "ReadParameters"]), "arn:aws:ssm:eu-central-1:123456789012:parameter/sign-in")
    error_message = "api reads the client's secret"
  }

  assert {
    condition     = length([for name, policy in output.policies : name if strcontains(policy, "parameter/sign-in")]) == 1
    error_message = "nobody else reads it"
  }
}
