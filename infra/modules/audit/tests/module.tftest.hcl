mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "countersign-test"
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "the_key_signs" {
  assert {
    condition     = aws_kms_key.signing.key_usage == "SIGN_VERIFY" && aws_kms_key.signing.customer_master_key_spec == "ECC_NIST_P256" && aws_kms_key.signing.deletion_window_in_days == 30
    error_message = "the key"
  }
}

run "there_is_no_bucket_unless_one_is_named" {
  assert {
    condition     = length(aws_s3_bucket.this) == 0 && output.bucket_name == null
    error_message = "the bucket"
  }
}

run "nobody_deletes_what_is_in_the_bucket_for_a_year" {
  variables {
    bucket = { name = "acme-audit" }
  }

  assert {
    condition     = aws_s3_bucket.this[0].object_lock_enabled && aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].mode == "COMPLIANCE" && aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].days == 365
    error_message = "the lock"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this[0].versioning_configuration[0].status == "Enabled"
    error_message = "versions"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this[0].rule).apply_server_side_encryption_by_default).kms_master_key_id == "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
    error_message = "encryption"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this[0].block_public_acls && aws_s3_bucket_public_access_block.this[0].block_public_policy && aws_s3_bucket_public_access_block.this[0].ignore_public_acls && aws_s3_bucket_public_access_block.this[0].restrict_public_buckets
    error_message = "the public"
  }

  assert {
    condition     = jsondecode(output.policies.bucket).Statement[0].Effect == "Deny" && jsondecode(output.policies.bucket).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "TLS"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    bucket = { name = "Acme" }
  }

  expect_failures = [var.bucket]
}

run "what_else_cannot_work_is_refused" {
  command = plan

  variables {
    bucket = { name = "acme-audit", mode = "STRICT" }
  }

  expect_failures = [var.bucket]
}

run "what_cannot_work_either_is_refused" {
  command = plan

  variables {
    bucket = { name = "acme-audit", retention_days = 0 }
  }

  expect_failures = [var.bucket]
}
