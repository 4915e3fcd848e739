output "group_name" {
  description = "The name of the group in which timers are made."
  value       = aws_scheduler_schedule_group.timers.name
}

output "group_arn" {
  description = "The ARN of that group."
  value       = aws_scheduler_schedule_group.timers.arn
}

output "role_arn" {
  description = "The role that a timer names: by it EventBridge Scheduler starts the function."
  value       = aws_iam_role.timers.arn
}

output "policies" {
  description = "The policies of the two roles, as JSON."
  value       = { timers = aws_iam_role_policy.timers.policy, sweep = aws_iam_role_policy.sweep.policy }
}

output "rule_name" {
  description = "The name of the second trigger of the sweep."
  value       = aws_cloudwatch_event_rule.sweep.name
}
