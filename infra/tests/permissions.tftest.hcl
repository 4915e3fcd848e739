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
        it.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], ["R#*", "X#*", "J#*", "S#*", "L#*", "G#*", "A#*", "Y#*", "*"],
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

  # No function changes the settings; tokens and users are api's, the audit tree is the sweep's.
  assert {
    condition     = contains([for it in local.worker_statements : "${it.Effect} ${it.Sid}"], "Deny KeepOthers")
    error_message = "the worker may write lists, and not all of them"
  }

  assert {
    condition     = local.may.keep_others.Condition == { "ForAnyValue:StringLike" = { "dynamodb:LeadingKeys" = ["S#*", "T#*", "P#*", "B#*", "N#tokens", "N#users", "N#accounts", "N#noted"] } }
    error_message = "the partitions of others"
  }

  assert {
    condition = alltrue(flatten([
      for policy in [output.policies.worker, output.policies.sweep] : [
        for it in jsondecode(policy).Statement : length(setintersection(
          it.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], ["S#*", "T#*", "K#*", "*"],
        )) == 0 if it.Sid == "WriteCore"
      ]
    ]))
    error_message = "the worker or the sweep writes settings, tokens or what api keeps"
  }

  # Only the sweep signs; without a bucket and receivers it has nothing to do with any.
  assert {
    condition     = [for name in ["api", "form", "worker", "timer", "sweep"] : name if strcontains(output.policies[name], "kms:Sign")] == ["sweep"]
    error_message = "who signs"
  }

  assert {
    condition     = length([for it in local.sweep_statements : it.Sid if can(regex("^(AuditBucket|Export|Read(Secrets|Parameters)|DecryptSecrets)", it.Sid))]) == 0
    error_message = "the sweep may send entries to nowhere"
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
    condition     = [for it in local.timer_statements : toset(it.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]) if it.Sid == "Wake"] == [toset(["J#*", "Q#aside"])]
    error_message = "the timer writes elsewhere"
  }
}

run "the_sweep_alone_passes_entries_on_and_only_there" {
  variables {
    audit_bucket = { name = "acme-audit", folder = "test-2" }
    export = {
      firehose_arn   = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/audit"
      bus_arn        = "arn:aws:events:eu-central-1:123456789012:event-bus/audit"
      url            = "https://siem.acme.test/in"
      url_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:export-AbCdEf"
    }
    secrets_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-2222-2222-222222222222"]
  }

  assert {
    condition = { for it in local.sweep_statements : it.Sid => { may = join(",", flatten([it.Action])), on = join(",", flatten([it.Resource])) } if can(regex("^(Sign|Audit|Export|ReadSecrets|ReadParameters|DecryptSecrets)", it.Sid)) } == {
      SignTreeHeads        = { may = "kms:GetPublicKey,kms:Sign", on = "arn:aws:kms:eu-central-1:123456789012:key/33333333-3333-3333-3333-333333333333" }
      AuditBucket          = { may = "s3:GetObject,s3:PutObject", on = "arn:aws:s3:::countersign-test-audit/test-2/*" }
      AuditBucketEncrypted = { may = "kms:Decrypt,kms:GenerateDataKey", on = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111" }
      ExportFirehose       = { may = "firehose:PutRecordBatch", on = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/audit" }
      ExportBus            = { may = "events:PutEvents", on = "arn:aws:events:eu-central-1:123456789012:event-bus/audit" }
      ReadSecrets          = { may = "secretsmanager:GetSecretValue", on = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:export-AbCdEf" }
      DecryptSecrets       = { may = "kms:Decrypt", on = "arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-2222-2222-222222222222" }
    }
    error_message = "the sweep may do what passing on does not need"
  }

  assert {
    condition = alltrue([
      for name in ["api", "form", "worker", "timer"] : length([
        for what in ["kms:Sign", "s3:", "firehose:", "events:", "secret:export-"] : what if strcontains(output.policies[name], what)
      ]) == 0
    ])
    error_message = "somebody else passes entries on"
  }
}

run "the_secret_of_exports_may_be_a_parameter" {
  variables {
    export = {
      url            = "https://siem.acme.test/in"
      url_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/countersign/export"
    }
  }

  assert {
    condition     = [for it in local.sweep_statements : "${it.Action} ${join(",", it.Resource)}" if it.Sid == "ReadParameters"] == ["ssm:GetParameter arn:aws:ssm:eu-central-1:123456789012:parameter/countersign/export"]
    error_message = "the parameter"
  }
}
