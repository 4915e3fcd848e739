output "id" {
  description = "The id of the mapping from the stream to the function."
  value       = aws_lambda_event_source_mapping.this.uuid
}
