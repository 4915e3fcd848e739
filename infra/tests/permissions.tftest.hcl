mock_provider "aws" {
  source = "./tests/mocks"
}

override_resource {
  target = module.tables.aws_dynamodb_table.audit
  values = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/countersign-test-audit" }
}

override_resource {
  target = module.audit.aws_kms_key.signing
  values = { arn = "arn:aws:kms:eu-central-1:123456789012:key/33333333-3333-3333-3333-333333333333" }
}

override_resource {
  target = module.form.aws_lambda_function.this
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:countersign-test-form" }
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

run "each_function_may_do_its_own_and_no_more" {
  # The function that faces the internet reaches no target.
  assert {
    condition = sort(distinct(flatten([for it in local.api_statements : it.Action if it.Effect == "Allow"]))) == tolist([
      "dynamodb:BatchGetItem",
      "dynamodb:ConditionCheckItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "lambda:InvokeFunction",
      "secretsmanager:GetSecretValue",
      "ssm:GetParameter",
    ])
    error_message = "api may do what it did not before: no schedule, no strategy, no message"
  }

  assert {
    condition = flatten([for it in local.api_statements : it.Resource if contains(["ReadSecrets", "ReadParameters"], it.Sid)]) == [
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-bot-AbCdEf",
      "arn:aws:ssm:eu-central-1:123456789012:parameter/slack-signing",
    ]
    error_message = "api reads Slack's secrets and no others"
  }

  assert {
    condition     = [for it in local.api_statements : it.Resource if it.Action == "lambda:InvokeFunction"] == ["arn:aws:lambda:eu-central-1:123456789012:function:countersign-test-form"]
    error_message = "api asks form and no other function"
  }

  assert {
    condition = alltrue([
      for it in local.api_statements : length(setintersection(
        it.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], ["R#*", "X#*", "B#*", "S#*", "L#*", "G#*", "A#*", "*"],
      )) == 0 if it.Sid == "WriteCore"
    ])
    error_message = "api writes no runs, no times, no settings, no leases and no lists"
  }

  assert {
    condition     = [for it in local.api_statements : it.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] if it.Sid == "AddToAudit"] == [["R#0000000000*"]]
    error_message = "api adds to the chains of accounts only"
  }

  assert {
    condition     = strcontains(output.policies.api, "dynamodb:LeadingKeys")
    error_message = "the role has the statements"
  }

  # Nobody changes what is in the audit table.
  assert {
    condition = alltrue(flatten([
      for policy in values(output.policies) : [
        for statement in jsondecode(policy).Statement : length(setintersection(
          flatten([statement.Action]),
          ["dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"],
        )) == 0
        if statement.Effect == "Allow" && contains(flatten([statement.Resource]), "arn:aws:dynamodb:eu-central-1:123456789012:table/countersign-test-audit")
      ]
    ]))
    error_message = "a role may change entries"
  }

  assert {
    condition = [
      for name, policy in output.policies : name if length([
        for statement in jsondecode(policy).Statement : statement
        if statement.Effect == "Allow" && contains(flatten([statement.Action]), "dynamodb:PutItem") && contains(flatten([statement.Resource]), "arn:aws:dynamodb:eu-central-1:123456789012:table/countersign-test-audit")
      ]) > 0
    ] == ["api", "worker"]
    error_message = "the worker adds entries, and api its refusals; nobody else does"
  }

  assert {
    condition     = jsondecode(output.policies.audit_table).Statement[0].Effect == "Deny" && jsondecode(output.policies.audit_table).Statement[0].Principal == "*"
    error_message = "the table itself refuses, whatever a role allows"
  }

  # Form only reads.
  assert {
    condition = alltrue([
      for action in flatten([for it in local.form_statements : it.Action]) :
      can(regex(":(Get|BatchGet|Query|Describe|Decrypt|Encrypt|GenerateDataKey)", action))
    ])
    error_message = "form may do something"
  }

  # No function changes the settings.
  assert {
    condition = alltrue([
      for statements in [local.worker_statements, local.sweep_statements] :
      contains([for it in statements : "${it.Effect} ${it.Sid}"], "Deny KeepSettings")
    ])
    error_message = "who may write to the table may not write settings"
  }

  assert {
    condition     = local.may.keep_settings.Condition == { "ForAnyValue:StringLike" = { "dynamodb:LeadingKeys" = ["S#*"] } }
    error_message = "the partition of the settings"
  }

  # Strategies get what they declare where they declare it.
  assert {
    condition = [for it in local.worker_statements : it if startswith(it.Sid, "Strategy")] == [
      { Sid = "StrategyGroups0", Effect = "Allow", Action = ["iam:AddUserToGroup", "iam:RemoveUserFromGroup"], Resource = ["arn:aws:iam::123456789012:group/data"] },
      { Sid = "StrategyGroups1", Effect = "Allow", Action = ["iam:GetGroup"], Resource = ["arn:aws:iam::123456789012:group/data"] },
    ]
    error_message = "the worker grants and revokes, on the resources that the strategy's settings name"
  }

  assert {
    condition     = [for it in local.sweep_statements : it.Action if startswith(it.Sid, "Strategy")] == [["iam:GetGroup"]]
    error_message = "the sweep looks"
  }

  assert {
    condition     = [for it in local.form_statements : it.Sid if startswith(it.Sid, "Strategy")] == []
    error_message = "the form has nothing to do with targets here"
  }

  # The worker makes timers in its group alone.
  assert {
    condition     = [for it in local.worker_statements : it.Resource if it.Sid == "Timers"] == ["arn:aws:scheduler:eu-central-1:123456789012:schedule/countersign-test/*"]
    error_message = "schedules of the group"
  }

  assert {
    condition     = [for it in local.worker_statements : it.Condition.StringEquals["iam:PassedToService"] if it.Sid == "TimersRole"] == ["scheduler.amazonaws.com"]
    error_message = "the role is for EventBridge Scheduler"
  }

  # The timer wakes runs and sets aside what makes no sense.
  assert {
    condition     = [for it in local.timer_statements : toset(it.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]) if it.Sid == "Wake"] == [toset(["B#*", "Q#*"])]
    error_message = "the timer writes elsewhere"
  }
}
