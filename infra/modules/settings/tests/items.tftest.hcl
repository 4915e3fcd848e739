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

run "each_part_is_an_item" {
  assert {
    condition     = output.keys == tolist(["directory", "environment", "flow#infra_access", "http", "integration#okta", "integration#slack", "secret#jira_token", "strategy#groups", "target#data", "user#ada@acme.test"])
    error_message = "the keys"
  }

  assert {
    condition     = jsondecode(aws_dynamodb_table_item.this["target#data"].item).pk.S == "S#settings" && jsondecode(aws_dynamodb_table_item.this["target#data"].item).sk.S == "target#data" && jsondecode(aws_dynamodb_table_item.this["target#data"].item).version.N == "1" && aws_dynamodb_table_item.this["target#data"].hash_key == "pk"
    error_message = "the form of an item"
  }

  assert {
    condition     = startswith(jsondecode(aws_dynamodb_table_item.this["target#data"].item).token.S, "terraform-")
    error_message = "who wrote it"
  }
}

run "the_items_are_what_a_settings_document_says" {
  assert {
    condition     = jsondecode(output.items["environment"]) == { name = "test", org = "acme", time_zone = "Europe/Berlin", domains = ["acme.test"] }
    error_message = "the environment"
  }

  assert {
    condition     = jsondecode(output.items["integration#okta"]) == { name = "okta", type = "okta", external_id = "acme.okta.test", settings = { token = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:okta-AbCdEf" } } }
    error_message = "an integration"
  }

  assert {
    condition     = jsondecode(output.items["integration#slack"]) == { name = "slack", type = "slack", external_id = "T0ACME", settings = { bot_token = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf" }, signing_secret = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing" } } }
    error_message = "Slack"
  }

  assert {
    condition     = jsondecode(output.items["strategy#groups"]) == { name = "groups", type = "aws_iam_group", integration = "okta", settings = { path = "/" } }
    error_message = "a strategy"
  }

  assert {
    condition     = jsondecode(output.items["target#data"]) == { name = "data", kind = "s3", strategy = "groups", settings = { group = "data" }, max_duration = "4h" }
    error_message = "a target"
  }

  assert {
    condition     = jsondecode(output.items["flow#infra_access"]) == { name = "infra_access", targets = ["data"], durations = ["30m", "1h30m"], max_duration = "8h", vars = { limit = 3 } }
    error_message = "a flow"
  }

  assert {
    condition     = jsondecode(output.items["user#ada@acme.test"]) == { email = "ada@acme.test", name = "Ada", role = "admin", identities = [{ type = "okta", external_id = "acme.okta.test", value = "00u1" }] }
    error_message = "a user"
  }

  assert {
    condition     = jsondecode(output.items["directory"]) == { groups = [{ name = "ops", members = ["ada@acme.test"] }], channels = [], schedules = [{ name = "primary", shifts = [{ user = "ada@acme.test" }] }] }
    error_message = "the directory"
  }

  assert {
    condition     = jsondecode(output.items["secret#jira_token"]) == { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jira-AbCdEf" }
    error_message = "a secret"
  }
}

run "another_web_api_and_what_else_is_known_of_slack_are_settings" {
  variables {
    slack = { team_id = "T0ACME", app_id = "A0ACME", error_channel = "#errors", url = "https://slack-gov.com/api/" }
  }

  assert {
    condition     = jsondecode(output.items["integration#slack"]) == { name = "slack", type = "slack", external_id = "T0ACME", settings = { app_id = "A0ACME", error_channel = "#errors", url = "https://slack-gov.com/api/" } }
    error_message = "Slack"
  }
}

run "secrets_are_known_by_who_needs_them" {
  assert {
    condition     = toset(output.secret_arns.slack) == toset(["arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf", "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing"])
    error_message = "Slack's"
  }

  assert {
    condition     = length(output.secret_arns.asking) == 4 && length(output.secret_arns.all) == 4
    error_message = "the others"
  }
}

run "the_shapes_are_those_of_the_reader" {
  assert {
    condition     = toset(local.shapes.integrations.known) == setsubtract(keys(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].IntegrationSettings.properties), ["name"])
    error_message = "integrations: shapes.tf and functions/settings.schema.json differ"
  }

  assert {
    condition     = sort(local.shapes.integrations.needed) == sort(setsubtract(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].IntegrationSettings.required, ["name"]))
    error_message = "integrations: shapes.tf and functions/settings.schema.json differ in what is needed"
  }

  assert {
    condition     = toset(local.shapes.strategies.known) == setsubtract(keys(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].StrategySettings.properties), ["name"])
    error_message = "strategies: shapes.tf and functions/settings.schema.json differ"
  }

  assert {
    condition     = sort(local.shapes.strategies.needed) == sort(setsubtract(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].StrategySettings.required, ["name"]))
    error_message = "strategies: shapes.tf and functions/settings.schema.json differ in what is needed"
  }

  assert {
    condition     = toset(local.shapes.targets.known) == setsubtract(keys(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].TargetSettings.properties), ["name"])
    error_message = "targets: shapes.tf and functions/settings.schema.json differ"
  }

  assert {
    condition     = sort(local.shapes.targets.needed) == sort(setsubtract(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].TargetSettings.required, ["name"]))
    error_message = "targets: shapes.tf and functions/settings.schema.json differ in what is needed"
  }

  assert {
    condition     = toset(local.shapes.flows.known) == setsubtract(keys(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].FlowSettings.properties), ["name"])
    error_message = "flows: shapes.tf and functions/settings.schema.json differ"
  }

  assert {
    condition     = sort(local.shapes.flows.needed) == sort(setsubtract(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].FlowSettings.required, ["name"]))
    error_message = "flows: shapes.tf and functions/settings.schema.json differ in what is needed"
  }

  assert {
    condition     = toset(local.shapes.users.known) == setsubtract(keys(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].UserSettings.properties), ["email"])
    error_message = "users: shapes.tf and functions/settings.schema.json differ"
  }

  assert {
    condition     = sort(local.shapes.users.needed) == sort(setsubtract(jsondecode(file("../../../functions/settings.schema.json"))["$defs"].UserSettings.required, ["email"]))
    error_message = "users: shapes.tf and functions/settings.schema.json differ in what is needed"
  }
}

run "null_is_left_away" {
  variables {
    targets = { data = { strategy = "groups", max_duration = null } }
  }

  assert {
    condition     = jsondecode(output.items["target#data"]) == { name = "data", strategy = "groups" }
    error_message = "a null is in the item"
  }
}
