variable "name" {
  description = "The name of the group of the timers; what belongs to it begins with it."
  type        = string
  nullable    = false
}

variable "account_id" {
  description = "The account whose schedules may use the roles."
  type        = string
  nullable    = false
}

variable "timer_arn" {
  description = "The function that timers start."
  type        = string
  nullable    = false
}

variable "sweep_arn" {
  description = "The function that is started every minute."
  type        = string
  nullable    = false
}

variable "dead_letters_arn" {
  description = "The queue for timers that could not be delivered."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "The key that encrypts that queue."
  type        = string
  nullable    = false
}

variable "permissions_boundary" {
  description = "The ARN of the policy that bounds the roles, where the account wants one."
  type        = string
  default     = null
}
