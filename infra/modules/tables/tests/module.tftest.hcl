mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "countersign-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "both_tables_can_be_restored_and_are_encrypted_and_protected" {
  assert {
    condition     = alltrue([for it in [aws_dynamodb_table.core, aws_dynamodb_table.audit] : it.point_in_time_recovery[0].enabled])
    error_message = "point-in-time recovery"
  }

  assert {
    condition     = alltrue([for it in [aws_dynamodb_table.core, aws_dynamodb_table.audit] : it.server_side_encryption[0].enabled && it.server_side_encryption[0].kms_key_arn == "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"])
    error_message = "encryption by the key"
  }

  assert {
    condition     = alltrue([for it in [aws_dynamodb_table.core, aws_dynamodb_table.audit] : it.deletion_protection_enabled])
    error_message = "deletion protection"
  }

  assert {
    condition     = alltrue([for it in [aws_dynamodb_table.core, aws_dynamodb_table.audit] : it.billing_mode == "PAY_PER_REQUEST" && it.hash_key == "pk" && it.range_key == "sk"])
    error_message = "the form of the tables"
  }
}

run "the_core_table_streams_what_is_new_and_tidies_up" {
  assert {
    condition     = aws_dynamodb_table.core.stream_view_type == "NEW_IMAGE" && aws_dynamodb_table.core.ttl[0].attribute_name == "ttl"
    error_message = "stream and TTL"
  }
}

run "audit_entries_stay" {
  assert {
    condition     = length(aws_dynamodb_table.audit.ttl) == 0 || !try(aws_dynamodb_table.audit.ttl[0].enabled, false)
    error_message = "entries are deleted by TTL"
  }

  assert {
    condition     = alltrue([for action in ["dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"] : contains(jsondecode(output.audit_policy).Statement[0].Action, action)])
    error_message = "entries can be changed"
  }

  assert {
    condition     = jsondecode(output.audit_policy).Statement[0].Effect == "Deny"
    error_message = "the policy denies"
  }
}

run "protection_can_be_turned_off" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_dynamodb_table.core.deletion_protection_enabled
    error_message = "before a destroy"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    name = "no"
  }

  expect_failures = [var.name]
}
