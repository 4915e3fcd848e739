# One item for each part, all in one partition: they are read by one query.
resource "aws_dynamodb_table_item" "this" {
  for_each   = local.items
  table_name = var.table_name
  hash_key   = "pk"
  range_key  = "sk"

  item = jsonencode({
    pk      = { S = "S#settings" }
    sk      = { S = each.key }
    body    = { S = each.value }
    version = { N = "1" }
    token   = { S = "terraform-${substr(sha256(each.value), 0, 16)}" }
  })

  depends_on = [terraform_data.rules]
}

# Refuses at plan what a function would refuse at its start. A variable's own validation could not ask
# the manifest and the other variables through locals.
resource "terraform_data" "rules" {
  lifecycle {
    precondition {
      condition     = local.has_manifest
      error_message = "`${var.manifest}` is not a manifest that this module can read: make it by `cargo run -- manifest > manifest.json`, with a program as old as the module."
    }

    precondition {
      condition     = length(local.problems.integrations) == 0
      error_message = join("\n", local.problems.integrations)
    }

    precondition {
      condition     = length(local.problems.strategies) == 0
      error_message = join("\n", local.problems.strategies)
    }

    precondition {
      condition     = length(local.problems.targets) == 0
      error_message = join("\n", local.problems.targets)
    }

    precondition {
      condition     = length(local.problems.flows) == 0
      error_message = join("\n", local.problems.flows)
    }

    precondition {
      condition     = length(local.problems.users) == 0
      error_message = join("\n", local.problems.users)
    }

    precondition {
      condition     = alltrue([for arn in local.secret_arns.all : can(regex(local.secret_arn, arn))])
      error_message = "Secrets are never written here: put each in Secrets Manager or Parameter Store, and write its ARN in `secrets`, `slack.bot_token_arn` and `slack.signing_secret_arn`."
    }
  }
}
