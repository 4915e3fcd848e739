# Every policy that there can be. `cargo xtask terraform` hands them to parliament.

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

run "no_policy_has_a_star_where_aws_offers_less" {
  variables {
    vpc          = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
    audit_bucket = { name = "acme-audit" }
    export = {
      firehose_arn   = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/audit"
      bus_arn        = "arn:aws:events:eu-central-1:123456789012:event-bus/audit"
      url            = "https://siem.acme.test/in"
      url_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:export-AbCdEf"
    }
  }

  # Administration and Logs are in the policies of keys, where `*` is the key itself.
  assert {
    condition = alltrue(flatten([
      for policy in values(output.policies) : [
        for statement in jsondecode(policy).Statement :
        contains(["Administration", "Logs", "ListStreams", "NetworkInterfaces", "NetworkInterfacesAreLambdas"], statement.Sid)
        if contains(flatten([statement.Resource]), "*")
      ]
    ]))
    error_message = "a statement has the resource `*` and no reason for it"
  }

  assert {
    condition = alltrue(flatten([
      for policy in values(output.policies) : [
        for statement in jsondecode(policy).Statement : [
          for action in flatten([statement.Action]) : contains(["Administration", "Logs"], statement.Sid)
          if strcontains(action, "*")
        ] if statement.Effect == "Allow"
      ]
    ]))
    error_message = "a statement allows actions by a `*`"
  }
}
