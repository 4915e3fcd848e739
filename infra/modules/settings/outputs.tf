output "keys" {
  description = "The sort keys of the items."
  value       = sort(keys(aws_dynamodb_table_item.this))
}

output "items" {
  description = "The items' JSON, by sort key."
  value       = local.items
}

output "secret_arns" {
  description = "The ARNs of secrets: of `slack`, of what is `asking`, and `all`."
  value       = local.secret_arns
}

output "strategy_statements" {
  description = "The statements of IAM policies that the strategies declare, by the function they are for."
  value       = local.strategy_statements
}
