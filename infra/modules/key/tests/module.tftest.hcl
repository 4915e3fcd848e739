mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name       = "countersign-test"
  account_id = "123456789012"
  region     = "eu-central-1"
}

run "it_rotates_and_can_be_restored_for_a_month" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "the defaults of the key"
  }
}

run "the_log_service_uses_it_for_our_log_groups_alone" {
  assert {
    condition     = jsondecode(output.policy).Statement[1].Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"] == "arn:aws:logs:eu-central-1:123456789012:log-group:*countersign-test*"
    error_message = "logs of others"
  }

  assert {
    condition     = jsondecode(output.policy).Statement[1].Principal.Service == "logs.eu-central-1.amazonaws.com"
    error_message = "the service"
  }
}

run "only_the_account_administers_it" {
  assert {
    condition     = [for it in jsondecode(output.policy).Statement : it.Principal.AWS if it.Action == "kms:*"] == ["arn:aws:iam::123456789012:root"]
    error_message = "somebody else may do everything with the key"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    deletion_window_in_days = 1
  }

  expect_failures = [var.deletion_window_in_days]
}
