variable "name" {
  description = "The dashboard's name; the alarms' begin with it."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "The environment: the dimension of the program's own metrics."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The region that the dashboard shows."
  type        = string
  nullable    = false
}

variable "topic_arns" {
  description = "The SNS topics that are told when an alarm begins or ends."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.topic_arns : can(regex("^arn:[a-z-]+:sns:", arn))])
    error_message = "Alarms are told to topics of SNS: write their ARNs, as in `arn:aws:sns:eu-central-1:123456789012:on-call`."
  }
}

variable "oldest_command_seconds" {
  description = "How old a command may grow that has not been handled."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.oldest_command_seconds >= 30
    error_message = "The sweep comes once a minute: write 30 seconds or more."
  }
}

variable "export_batches_behind" {
  description = "How many batches of audit entries a receiver may lack. There is one every five minutes, if anything happened."
  type        = number
  default     = 12
  nullable    = false

  validation {
    condition     = var.export_batches_behind >= 1 && floor(var.export_batches_behind) == var.export_batches_behind
    error_message = "A receiver that lacks nothing is no reason for an alarm: write a whole number, 1 or more."
  }
}

variable "functions" {
  description = "The names of the functions, by role."
  type        = map(string)
  nullable    = false

  validation {
    condition     = contains(keys(var.functions), "worker")
    error_message = "The worker's stream is watched: name the function with the role `worker`."
  }
}

variable "queues" {
  description = "The names of the dead-letter queues, by what they are behind."
  type        = map(string)
  nullable    = false
}

variable "api_id" {
  description = "The id of the HTTP API."
  type        = string
  nullable    = false
}

variable "tables" {
  description = "The names of the tables."
  type        = list(string)
  nullable    = false
}
