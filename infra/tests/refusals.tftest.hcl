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

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Prod"
  }

  expect_failures = [var.name]
}

run "a_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    name = "an-environment-for-nobody"
  }

  expect_failures = [var.name]
}

run "a_zip_that_is_not_there_is_refused" {
  command = plan

  variables {
    zip = "tests/fixtures/nothing.zip"
  }

  expect_failures = [var.zip]
}

run "a_manifest_that_is_not_there_is_refused" {
  command = plan

  variables {
    manifest = "tests/fixtures/nothing.json"
  }

  expect_failures = [var.manifest]
}

run "a_manifest_that_is_none_is_refused" {
  command = plan

  variables {
    manifest = "tests/fixtures/program.zip"
  }

  expect_failures = [var.manifest]
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "riscv64"
  }

  expect_failures = [var.architecture]
}

run "without_any_way_in_it_is_refused" {
  command = plan

  variables {
    manifest = "tests/fixtures/one_flow.json"
    oidc     = null
    slack    = null
  }

  expect_failures = [var.oidc]
}

run "an_issuer_without_tls_is_refused" {
  command = plan

  variables {
    oidc = { issuer = "http://login.acme.test", audiences = ["countersign"] }
  }

  expect_failures = [var.oidc]
}

run "tokens_for_anybody_are_refused" {
  command = plan

  variables {
    oidc = { issuer = "https://login.acme.test", audiences = [] }
  }

  expect_failures = [var.oidc]
}

run "a_slack_workspaces_name_is_no_id" {
  command = plan

  variables {
    slack = {
      team_id            = "acme"
      bot_token_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf"
      signing_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing"
    }
  }

  expect_failures = [var.slack]
}

run "a_slack_apps_name_is_no_id" {
  command = plan

  variables {
    slack = {
      team_id            = "T0ACME"
      app_id             = "countersign"
      bot_token_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf"
      signing_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing"
    }
  }

  expect_failures = [var.slack]
}

run "an_address_with_a_slash_at_its_end_is_refused" {
  command = plan

  variables {
    url = "https://access.acme.test/"
  }

  expect_failures = [var.url]
}

run "a_vpc_without_subnets_is_refused" {
  command = plan

  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "an_export_to_something_else_is_refused" {
  command = plan

  variables {
    export = { firehose_arn = "arn:aws:s3:::acme", bus_arn = "audit", url = "http://siem.acme.test" }
  }

  expect_failures = [var.export]
}

run "a_retention_that_cloudwatch_lacks_is_refused" {
  command = plan

  variables {
    log_retention_days = 42
  }

  expect_failures = [var.log_retention_days]
}

run "an_alias_of_a_key_is_refused" {
  command = plan

  variables {
    secrets_key_arns = ["alias/secrets"]
  }

  expect_failures = [var.secrets_key_arns]
}

run "an_organization_with_spaces_is_refused" {
  command = plan

  variables {
    organization = "Acme Inc"
  }

  expect_failures = [var.organization]
}

run "a_time_zone_by_its_offset_is_refused" {
  command = plan

  variables {
    time_zone = "+01:00"
  }

  expect_failures = [var.time_zone]
}

run "a_domain_with_an_at_is_refused" {
  command = plan

  variables {
    domains = ["@acme.test"]
  }

  expect_failures = [var.domains]
}
