mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "countersign-test-timer-dead-letters"
  account_id  = "123456789012"
  region      = "eu-central-1"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "messages_are_kept_for_two_weeks_and_encrypted" {
  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 1209600 && aws_sqs_queue.this.kms_master_key_id == "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
    error_message = "the defaults of the queue"
  }
}

run "without_tls_nobody_gets_in" {
  assert {
    condition     = jsondecode(output.policy).Statement[0].Effect == "Deny" && jsondecode(output.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "the policy"
  }

  assert {
    condition     = jsondecode(output.policy).Statement[0].Resource == "arn:aws:sqs:eu-central-1:123456789012:countersign-test-timer-dead-letters"
    error_message = "the queue itself"
  }
}
