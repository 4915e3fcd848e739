output "id" {
  description = "The API's id."
  value       = aws_apigatewayv2_api.this.id
}

output "endpoint" {
  description = "The address at which the API answers, without a slash at its end."
  value       = var.domain == null ? aws_apigatewayv2_api.this.api_endpoint : "https://${var.domain.name}"
}

output "domain_target" {
  description = "Where the records of one's own domain point to; `null` without one."
  value       = one(aws_apigatewayv2_domain_name.this[*].domain_name_configuration[0].target_domain_name)
}

output "access_log_group" {
  description = "The name of the access log's group."
  value       = aws_cloudwatch_log_group.access.name
}
