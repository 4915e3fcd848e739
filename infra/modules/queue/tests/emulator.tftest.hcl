mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "countersign-test-timer-dead-letters"
  account_id  = "123456789012"
  region      = "eu-central-1"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "an_emulator_has_no_tls" {
  variables {
    require_tls = false
  }

  assert {
    condition     = !strcontains(coalesce(output.policy, "none"), "SecureTransport")
    error_message = "no policy"
  }
}
