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

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    name               = "Prod"
    zip                = "tests/fixtures/nothing.zip"
    manifest           = "tests/fixtures/nothing.json"
    architecture       = "riscv64"
    url                = "https://access.acme.test/"
    vpc                = { subnet_ids = [], security_group_ids = ["sg-1"] }
    export             = { firehose_arn = "arn:aws:s3:::acme", bus_arn = "audit", url = "http://siem.acme.test" }
    log_retention_days = 42
    log_level          = "loud"
    audit_bucket       = { name = "acme-audit", folder = "a/b" }
    secrets_key_arns   = ["alias/secrets"]
    organization       = "Acme Inc"
    time_zone          = "+01:00"
    domains            = ["@acme.test"]
  }

  expect_failures = [var.name, var.zip, var.manifest, var.architecture, var.url, var.vpc, var.export, var.log_retention_days, var.log_level, var.audit_bucket, var.secrets_key_arns, var.organization, var.time_zone, var.domains]
}

run "what_else_cannot_work_is_refused" {
  command = plan

  variables {
    name     = "an-environment-for-nobody"
    manifest = "tests/fixtures/program.zip"
    oidc     = { issuer = "https://login.acme.test", audiences = [] }
  }

  expect_failures = [var.name, var.manifest, var.oidc]
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

run "a_web_api_that_is_not_reached_by_https_is_refused" {
  command = plan

  variables {
    slack = {
      team_id            = "T0ACME"
      bot_token_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf"
      signing_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing"
      url                = "http://slack-gov.com/api/"
    }
  }

  expect_failures = [var.slack]
}

run "a_web_api_whose_address_is_a_users_is_refused" {
  command = plan

  variables {
    slack = {
      team_id            = "T0ACME"
      bot_token_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf"
      signing_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing"
      url                = "http://localhost:7080@evil.test/api/"
    }
  }

  expect_failures = [var.slack]
}

run "a_receiver_that_could_not_know_that_entries_are_ours_is_refused" {
  command = plan

  variables {
    export = { url = "https://siem.acme.test/in" }
  }

  expect_failures = [var.export]
}

run "a_secret_without_an_address_is_refused" {
  command = plan

  variables {
    export = { url_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:export-AbCdEf" }
  }

  expect_failures = [var.export]
}

run "a_secret_in_plain_text_is_refused" {
  command = plan

  variables {
    export = { url = "https://siem.acme.test/in", url_secret_arn = "whsec_c2VjcmV0" }
  }

  expect_failures = [var.export]
}

run "a_stream_of_another_account_is_refused" {
  command = plan

  variables {
    export = { firehose_arn = "arn:aws:firehose:eu-central-1:210987654321:deliverystream/audit" }
  }

  expect_failures = [var.export]
}

run "a_bus_of_another_region_is_refused" {
  command = plan

  variables {
    export = { bus_arn = "arn:aws:events:us-east-1:123456789012:event-bus/audit" }
  }

  expect_failures = [var.export]
}

run "an_audience_is_written_by_itself" {
  command = plan

  variables {
    oidc = { issuer = "https://login.acme.test", audiences = ["one,two"] }
  }

  expect_failures = [var.oidc]
}

run "a_secret_is_that_of_a_client" {
  command = plan

  variables {
    oidc = { issuer = "https://login.acme.test", audiences = ["countersign"], client_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/sign-in" }
  }

  expect_failures = [var.oidc]
}

run "a_secret_is_not_written_itself" {
  command = plan

  variables {
    oidc = { issuer = "https://login.acme.test", audiences = ["countersign"], client_id = "pages", client_secret_arn = "s3cret" }
  }

  expect_failures = [var.oidc]
}

run "a_session_has_a_length" {
  command = plan

  variables {
    oidc = { issuer = "https://login.acme.test", audiences = ["countersign"], client_id = "pages", session = "all day" }
  }

  expect_failures = [var.oidc]
}

run "people_sign_in_to_pages_at_the_root_of_a_host" {
  command = plan

  variables {
    oidc = { issuer = "https://login.acme.test", audiences = ["countersign"], client_id = "pages" }
    url  = "https://acme.test/access"
  }

  expect_failures = [var.oidc]
}

# Where the address is refused, too, nobody asks further.
run "an_issuer_that_somebody_in_between_could_change_is_refused" {
  command = plan

  variables {
    oidc = { issuer = "http://login.acme.test", audiences = ["countersign"] }
  }

  expect_failures = [var.oidc]
}
