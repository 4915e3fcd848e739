output "signing_key_arn" {
  description = "The ARN of the key that signs tree heads."
  value       = aws_kms_key.signing.arn
}

output "bucket_name" {
  description = "The bucket's name; `null` without one."
  value       = one(aws_s3_bucket.this[*].id)
}

output "bucket_arn" {
  description = "The bucket's ARN; `null` without one."
  value       = one(aws_s3_bucket.this[*].arn)
}

output "policies" {
  description = "The policies of the key and the bucket, as JSON."
  value = merge(
    { signing_key = aws_kms_key.signing.policy },
    { for name in ["bucket"] : name => aws_s3_bucket_policy.this[0].policy if var.bucket != null && var.require_tls },
  )
}
