output "url" {
  description = "Where the emulator answers for the HTTP API."
  value       = "${var.endpoint}/_aws/execute-api/${module.countersign.api_id}/$default"
}

output "table" {
  description = "The name of the core table."
  value       = module.countersign.table
}

output "audit_table" {
  description = "The name of the audit table."
  value       = module.countersign.audit_table
}

output "schedule_group" {
  description = "The name of the group of one-time schedules."
  value       = module.countersign.schedule_group
}

output "functions" {
  description = "The names of the functions, by role."
  value       = module.countersign.functions
}

output "dead_letters" {
  description = "The URLs of the dead-letter queues."
  value       = module.countersign.dead_letters
}

output "signing_key_arn" {
  description = "The ARN of the key that signs tree heads."
  value       = module.countersign.signing_key_arn
}

output "audit_bucket" {
  description = "The name of the object-locked bucket."
  value       = module.countersign.audit_bucket
}
