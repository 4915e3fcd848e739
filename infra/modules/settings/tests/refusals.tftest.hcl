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

run "what_the_manifest_lacks_is_refused" {
  command = plan

  variables {
    flows      = { infra_access = { targets = ["data"] }, infra_acces = { targets = ["data"] } }
    strategies = { groups = { type = "aws_iam_groups" } }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.flows == [
      "The manifest has no flow `infra_acces`: write one of incident_follow_up, infra_access, or list it in `main!(flows: [..])` and make the manifest again.",
    ]
    error_message = join("\n", local.problems.flows)
  }

  assert {
    condition = local.problems.strategies == [
      "The strategy `groups` is of the type `aws_iam_groups`, which the manifest lacks: write one of approval_only, aws_iam_group, boundless, directory_group, greedy, misplaced, or register it in `main!(strategies: [..])` and make the manifest again.",
    ]
    error_message = join("\n", local.problems.strategies)
  }
}

run "a_flow_of_the_manifest_without_settings_is_refused" {
  command = plan

  variables {
    flows = {}
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.flows == [
      "The flow `infra_access` is in the manifest and has no settings: add `infra_access = { targets = [..] }` to `flows`.",
    ]
    error_message = join("\n", local.problems.flows)
  }
}

run "an_integration_that_is_asked_and_not_configured_is_refused" {
  command = plan

  variables {
    slack        = null
    integrations = {}
    users        = {}
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.flows == [
      "The flow `infra_access` asks an integration of the type `okta`, which nobody configured: add `okta = { type = \"okta\", external_id = \"..\" }` to `integrations`.",
      "The flow `infra_access` asks Slack, which nobody configured: write `slack = { team_id, bot_token_arn, signing_secret_arn }`.",
    ]
    error_message = join("\n", local.problems.flows)
  }

  assert {
    condition = local.problems.strategies == [
      "The strategy `groups` acts through the integration `okta`, which nobody configured: add `okta = { type, external_id }` to `integrations`.",
    ]
    error_message = join("\n", local.problems.strategies)
  }
}

run "a_name_that_nothing_has_is_refused" {
  command = plan

  variables {
    targets = { data = { strategy = "group" } }
    flows   = { infra_access = { targets = ["database"] }, incident_follow_up = { targets = ["data"] } }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.targets == [
      "No strategy `group` serves the target `data`: write one of groups, or add `group = { type }` to `strategies`.",
    ]
    error_message = join("\n", local.problems.targets)
  }

  assert {
    condition = local.problems.flows == [
      "The flow `incident_follow_up` is a follow-up, which gives nothing: take its `targets` away.",
      "The flow `infra_access` gives the target `database`, which is not there: write one of data, or add `database = { .. }` to `targets`.",
    ]
    error_message = join("\n", local.problems.flows)
  }
}

run "shapes_that_the_reader_does_not_know_are_refused" {
  command = plan

  variables {
    integrations = { okta = { type = "okta" } }
    targets      = { Data = {}, data = { strategy = "groups", max_durations = "4h" } }
    users        = { "Ada@acme.test" = {} }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.integrations == [
      "The integration `okta` lacks `external_id`: write it.",
    ]
    error_message = join("\n", local.problems.integrations)
  }

  assert {
    condition = local.problems.targets == [
      "`Data` cannot name a target: write a small letter with small letters, digits, `-` or `_` behind it.",
      "The target `data` has no `max_durations`: it knows durations, kind, label, max_duration, settings, strategy.",
    ]
    error_message = join("\n", local.problems.targets)
  }

  assert {
    condition = local.problems.users == [
      "`Ada@acme.test` cannot name a user: write a mail address in small letters, like `ada@acme.com`.",
    ]
    error_message = join("\n", local.problems.users)
  }
}

run "durations_that_do_not_fit_are_refused" {
  command = plan

  variables {
    targets = { data = { strategy = "groups", max_duration = "four hours" } }
    flows   = { infra_access = { targets = ["data"], max_duration = "8h", durations = ["1m", "2m", "3m", "4m", "5m", "6m", "7m", "8m", "1d"] } }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.targets == [
      "`four hours`, in the target `data`, is not a duration: write one like `30m`, `1h30m` or `2d`.",
    ]
    error_message = join("\n", local.problems.targets)
  }

  assert {
    condition = local.problems.flows == [
      "The flow `infra_access` offers 1d, which is longer than its `max_duration`: take it away, or make that longer.",
      "The flow `infra_access` offers 9 durations: write at most 8, each once.",
    ]
    error_message = join("\n", local.problems.flows)
  }
}

run "a_flow_that_makes_no_sense_is_refused" {
  command = plan

  variables {
    flows = { infra_access = {
      targets               = []
      allow_revoke          = false
      schedule_deescalation = false
      admins_may_decide     = "maybe"
      allowed_sources       = ["email"]
      fail                  = "grant"
      max_extensions        = 1000
      reason                = { message = "name the incident", patern = "INC-[0-9]+" }
    } }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.flows == [
      "The flow `infra_access` has no target to give: write `targets = [..]`.",
      "Requests do not come from `email`, as the flow `infra_access` allows: write some of slack, web, cli, api.",
      "The flow `infra_access` cannot `grant` when its own code fails: write `ask` or `deny`.",
      "The flow `infra_access` cannot allow 1000 extensions: write a whole number from 0 to 100.",
      "`admins_may_decide` of the flow `infra_access` is on or off: write `true` or `false`.",
      "Access by the flow `infra_access` would never end: set `allow_revoke` or `schedule_deescalation` to `true`.",
      "The `reason` of the flow `infra_access` has no `patern`: it knows message, pattern, required.",
      "The flow `infra_access` has a `message` for reasons that do not match, and no `pattern` for them to match: add it, or take `message` away.",
    ]
    error_message = join("\n", local.problems.flows)
  }
}

run "integrations_that_are_one_or_slacks_are_refused" {
  command = plan

  variables {
    integrations = {
      chat  = { type = "slack", external_id = "T1" }
      okta  = { type = "okta", external_id = "acme.okta.test" }
      okta2 = { type = "okta", external_id = "acme.okta.test" }
    }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.integrations == [
      "The integration `chat` is of the type `slack`: take it away and write `slack = { team_id, bot_token_arn, signing_secret_arn }`.",
      "The integrations okta and okta2 are both okta `acme.okta.test`: give each an `external_id` of its own, or keep one.",
    ]
    error_message = join("\n", local.problems.integrations)
  }
}

run "secrets_in_the_settings_are_refused" {
  command = plan

  variables {
    integrations = {
      okta      = { type = "okta", external_id = "acme.okta.test", settings = { token = "00abcdef", token_url = "https://acme.okta.test/token" } }
      pagerduty = { type = "pagerduty", external_id = "acme", settings = { login = { env = "PAGERDUTY_TOKEN" } } }
    }
    strategies = { groups = { type = "aws_iam_group", settings = { path = "xoxb-1234", can_look = true } } }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.integrations == [
      "`token` in the settings of the integration `okta` is a secret: put it in Secrets Manager, and write `secrets = { token = \"arn:..\" }` in place of it.",
      "`login` in the settings of the integration `pagerduty` is a secret: put it in Secrets Manager, and write `secrets = { login = \"arn:..\" }` in place of it.",
    ]
    error_message = join("\n", local.problems.integrations)
  }

  assert {
    condition = local.problems.strategies == [
      "`path` in the settings of the strategy `groups` is a secret: put it in Secrets Manager, and write `secrets = { path = \"arn:..\" }` in place of it.",
    ]
    error_message = join("\n", local.problems.strategies)
  }
}

run "people_who_cannot_be_are_refused" {
  command = plan

  variables {
    users = {
      "ada@acme.test" = { role = "owner" }
      "bo@acme.test"  = { deactivated = "gone" }
      "cy@acme.test"  = { identities = [{ type = "github", external_id = "acme", value = "cy" }] }
      "dee@acme.test" = { identities = [{ type = "okta", external_id = "acme.okta.test" }] }
    }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.users == [
      "The user `ada@acme.test` cannot be `owner`: write one of auditor, guest, member, admin.",
      "Whether the user `bo@acme.test` has left is a yes or no: write `deactivated = true` or leave it away.",
      "The user `cy@acme.test` has an identity of github `acme`, which is no integration: add it to `integrations`, or correct `type` and `external_id`.",
      "An identity of the user `dee@acme.test` lacks `type`, `external_id` or `value`, or has more than these: write exactly them.",
    ]
    error_message = join("\n", local.problems.users)
  }
}

run "strategies_that_declare_too_much_are_refused" {
  command = plan

  variables {
    strategies = { everything = { type = "greedy" }, entrance = { type = "misplaced" } }
    targets    = { data = {} }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition = local.problems.strategies == [
      "The strategy `everything` declares the action `iam:*` in the manifest: where it is declared, name the actions one by one.",
      "The strategy `entrance` declares actions for a function `api` in the manifest: only `worker`, `sweep` and `form` get any.",
    ]
    error_message = join("\n", local.problems.strategies)
  }
}

run "a_strategy_in_aws_says_what_it_acts_on" {
  command = plan

  variables {
    strategies = { some = { type = "boundless" }, other = { type = "boundless", resources = ["arn:aws:iam::123456789012:user/*"] } }
    targets    = { data = {} }
  }

  expect_failures = [terraform_data.rules]

  assert {
    condition     = local.problems.strategies == ["The strategy `some` acts in AWS, and nobody says on what: write `resources = [\"arn:aws:..\"]` beside its `type`, such as the role that its integration assumes."]
    error_message = join("\n", local.problems.strategies)
  }
}

run "a_manifest_of_another_form_is_refused" {
  command = plan

  variables {
    manifest = "../../tests/fixtures/old_manifest.json"
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

run "what_is_no_object_is_refused" {
  command = plan

  variables {
    integrations = { okta = "okta" }
    strategies   = { groups = "aws_iam_group" }
    targets      = { data = "groups" }
    flows        = { infra_access = ["data"] }
    users        = { "ada@acme.test" = "Ada" }
    directory    = { channels = { ops = ["ada@acme.test"] } }
    secrets      = { "Jira Token" = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jira-AbCdEf" }
  }

  expect_failures = [var.integrations, var.strategies, var.targets, var.flows, var.users, var.directory, var.secrets]
}
