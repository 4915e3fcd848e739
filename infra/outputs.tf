output "url" {
  description = "Where people, Slack and programs reach Countersign."
  value       = local.url
}

output "api_id" {
  description = "The id of the HTTP API."
  value       = module.http_api.id
}

output "domain_target" {
  description = "Where the records of `domain` point to, for whoever makes them elsewhere."
  value       = module.http_api.domain_target
}

output "table" {
  description = "The name of the core table."
  value       = module.tables.core_name
}

output "audit_table" {
  description = "The name of the audit table."
  value       = module.tables.audit_name
}

output "functions" {
  description = "The names of the functions, by role."
  value       = { for role, function in local.functions : role => function.name }
}

output "role_arns" {
  description = "The ARNs of the functions' roles, by role: what a target's own policy names."
  value       = { for role, function in local.functions : role => function.role_arn }
}

output "policies" {
  description = "Every policy of the module, as JSON, for whoever reviews them."
  value = merge(
    { for role, function in local.functions : role => function.policy },
    { for name, policy in module.schedules.policies : "schedules_${name}" => policy },
    { for name, policy in module.audit.policies : "audit_${name}" => policy },
    { for source, queue in module.dead_letters : "${source}_dead_letters" => queue.policy if var.require_tls },
    { audit_table = module.tables.audit_policy, key = module.key.policy },
  )
}

output "schedule_group" {
  description = "The name of the group of one-time schedules."
  value       = module.schedules.group_name
}

output "dead_letters" {
  description = "The URLs of the dead-letter queues, by where the messages came from."
  value       = { for source, queue in module.dead_letters : source => queue.url }
}

output "signing_key_arn" {
  description = "The ARN of the key that signs tree heads."
  value       = module.audit.signing_key_arn
}

output "audit_bucket" {
  description = "The name of the object-locked bucket; `null` without one."
  value       = module.audit.bucket_name
}

output "kms_key_arn" {
  description = "The ARN of the key for tables, logs and queues."
  value       = module.key.arn
}

output "alarms" {
  description = "The alarms' names."
  value       = module.alarms.alarm_names
}

output "dashboard" {
  description = "The dashboard's name."
  value       = module.alarms.dashboard
}
