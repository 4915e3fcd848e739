mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  table_name  = "countersign-test"
  manifest    = "../../tests/fixtures/manifest.json"
  environment = { name = "test", org = "acme", time_zone = "Europe/Berlin", domains = ["acme.test"] }
  slack = {
    team_id            = "T0ACME"
    bot_token_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf"
    signing_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing"
  }
  integrations = { okta = { type = "okta", external_id = "acme.okta.test", secrets = { token = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:okta-AbCdEf" } } }
  strategies   = { groups = { type = "aws_iam_group", integration = "okta", settings = { path = "/" } } }
  targets      = { data = { kind = "s3", strategy = "groups", settings = { group = "data" }, max_duration = "4h" } }
  flows        = { infra_access = { targets = ["data"], durations = ["30m", "1h30m"], max_duration = "8h", vars = { limit = 3 } } }
  users        = { "ada@acme.test" = { name = "Ada", role = "admin", identities = [{ type = "okta", external_id = "acme.okta.test", value = "00u1" }] } }
  secrets      = { jira_token = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jira-AbCdEf" }
  directory    = { groups = { ops = ["ada@acme.test"] }, schedules = { primary = [{ user = "ada@acme.test" }] } }
}

run "a_manifest_of_another_form_is_refused" {
  command = plan

  variables {
    manifest = "../../tests/fixtures/old_manifest.json"
  }

  expect_failures = [terraform_data.rules]
}

run "a_flow_that_the_manifest_lacks_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"] }, infra_acces = { targets = ["data"] } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_flow_of_the_manifest_without_settings_is_refused" {
  command = plan

  variables {
    flows = {}
  }

  expect_failures = [terraform_data.rules]
}

run "an_integration_that_a_flow_asks_and_nobody_configured_is_refused" {
  command = plan

  variables {
    integrations = {}
    strategies   = { groups = { type = "aws_iam_group" } }
    users        = {}
  }

  expect_failures = [terraform_data.rules]
}

run "slack_that_a_flow_asks_and_nobody_configured_is_refused" {
  command = plan

  variables {
    slack = null
  }

  expect_failures = [terraform_data.rules]
}

run "an_integration_that_a_strategy_names_and_nobody_configured_is_refused" {
  command = plan

  variables {
    strategies = { groups = { type = "aws_iam_group", integration = "oktta" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_strategy_type_that_the_manifest_lacks_is_refused" {
  command = plan

  variables {
    strategies = { groups = { type = "aws_iam_groups" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_target_that_no_strategy_serves_is_refused" {
  command = plan

  variables {
    targets = { data = { strategy = "group" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_target_that_is_not_there_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["database"] } }
  }

  expect_failures = [terraform_data.rules]
}

run "an_access_flow_without_targets_is_refused" {
  command = plan

  variables {
    flows = { infra_access = {} }
  }

  expect_failures = [terraform_data.rules]
}

run "a_follow_up_with_targets_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"] }, incident_follow_up = { targets = ["data"] } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_misspelt_limit_is_refused" {
  command = plan

  variables {
    targets = { data = { strategy = "groups", max_durations = "4h" } }
  }

  expect_failures = [terraform_data.rules]
}

run "an_integration_without_its_id_is_refused" {
  command = plan

  variables {
    integrations = { okta = { type = "okta" } }
  }

  expect_failures = [terraform_data.rules]
}

run "something_that_is_no_object_is_refused" {
  command = plan

  variables {
    targets = { data = "groups" }
  }

  expect_failures = [var.targets]
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    targets = { data = { strategy = "groups" }, Data = {} }
  }

  expect_failures = [terraform_data.rules]
}

run "a_duration_in_words_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], max_duration = "four hours" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_choice_beyond_the_maximum_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], durations = ["30m", "1d"], max_duration = "8h" } }
  }

  expect_failures = [terraform_data.rules]
}

run "nine_choices_are_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], durations = ["1m", "2m", "3m", "4m", "5m", "6m", "7m", "8m", "9m"] } }
  }

  expect_failures = [terraform_data.rules]
}

run "access_that_never_ends_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], allow_revoke = false, schedule_deescalation = false } }
  }

  expect_failures = [terraform_data.rules]
}

run "an_unknown_source_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], allowed_sources = ["email"] } }
  }

  expect_failures = [terraform_data.rules]
}

run "an_unknown_way_to_fail_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], fail = "grant" } }
  }

  expect_failures = [terraform_data.rules]
}

run "too_many_extensions_are_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], max_extensions = 1000 } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_switch_that_is_neither_on_nor_off_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], allow_revoke = "maybe" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_reason_with_unknown_parts_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], reason = { patern = "INC-[0-9]+" } } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_message_that_is_never_shown_is_refused" {
  command = plan

  variables {
    flows = { infra_access = { targets = ["data"], reason = { message = "name the incident" } } }
  }

  expect_failures = [terraform_data.rules]
}

run "slack_among_the_integrations_is_refused" {
  command = plan

  variables {
    integrations = {
      okta = { type = "okta", external_id = "acme.okta.test" }
      chat = { type = "slack", external_id = "T1" }
    }
  }

  expect_failures = [terraform_data.rules]
}

run "two_integrations_that_are_one_are_refused" {
  command = plan

  variables {
    integrations = {
      okta  = { type = "okta", external_id = "acme.okta.test" }
      okta2 = { type = "okta", external_id = "acme.okta.test" }
    }
  }

  expect_failures = [terraform_data.rules]
}

run "a_secret_in_the_settings_is_refused" {
  command = plan

  variables {
    integrations = { okta = { type = "okta", external_id = "acme.okta.test", settings = { token = "00abcdef" } } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_well_known_secret_is_refused_whatever_its_name" {
  command = plan

  variables {
    strategies = { groups = { type = "aws_iam_group", settings = { path = "xoxb-1234" } } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_variable_of_a_laptop_is_refused" {
  command = plan

  variables {
    integrations = { okta = { type = "okta", external_id = "acme.okta.test", settings = { token = { env = "OKTA_TOKEN" } } } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_secret_in_place_of_its_arn_is_refused" {
  command = plan

  variables {
    integrations = { okta = { type = "okta", external_id = "acme.okta.test", secrets = { token = "00abcdef" } } }
  }

  expect_failures = [terraform_data.rules]
}

run "an_unknown_role_is_refused" {
  command = plan

  variables {
    users = { "ada@acme.test" = { role = "owner" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_mail_address_with_capitals_is_refused" {
  command = plan

  variables {
    users = { "Ada@acme.test" = {} }
  }

  expect_failures = [terraform_data.rules]
}

run "an_identity_in_no_integration_is_refused" {
  command = plan

  variables {
    users = { "ada@acme.test" = { identities = [{ type = "github", external_id = "acme", value = "ada" }] } }
  }

  expect_failures = [terraform_data.rules]
}

run "an_identity_without_its_value_is_refused" {
  command = plan

  variables {
    users = { "ada@acme.test" = { identities = [{ type = "okta", external_id = "acme.okta.test" }] } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_strategy_that_wants_everything_is_refused" {
  command = plan

  variables {
    strategies = { groups = { type = "greedy" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_strategy_that_wants_the_entrance_is_refused" {
  command = plan

  variables {
    strategies = { groups = { type = "misplaced" } }
  }

  expect_failures = [terraform_data.rules]
}

run "a_secret_with_a_bad_name_is_refused" {
  command = plan

  variables {
    secrets = { "Jira Token" = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jira-AbCdEf" }
  }

  expect_failures = [var.secrets]
}

run "a_channel_without_its_sign_is_refused" {
  command = plan

  variables {
    directory = { channels = { ops = ["ada@acme.test"] } }
  }

  expect_failures = [var.directory]
}
