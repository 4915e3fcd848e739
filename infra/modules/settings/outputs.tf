output "keys" {
  description = "The sort keys of the items."
  value       = sort(keys(aws_dynamodb_table_item.this))
}
