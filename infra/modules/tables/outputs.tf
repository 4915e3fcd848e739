output "core_name" {
  description = "The core table's name."
  value       = aws_dynamodb_table.core.name
}

output "core_arn" {
  description = "The core table's ARN."
  value       = aws_dynamodb_table.core.arn
}

output "stream_arn" {
  description = "The ARN of the core table's stream."
  value       = aws_dynamodb_table.core.stream_arn
}

output "audit_name" {
  description = "The audit table's name."
  value       = aws_dynamodb_table.audit.name
}

output "audit_arn" {
  description = "The audit table's ARN."
  value       = aws_dynamodb_table.audit.arn
}

output "audit_policy" {
  description = "The audit table's own policy, as JSON."
  value       = aws_dynamodb_resource_policy.audit.policy
}
