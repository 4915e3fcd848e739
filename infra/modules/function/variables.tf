variable "name" {
  description = "The function's name, and its role's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.name))
    error_message = "`${var.name}` cannot be a function's name: write at most 64 letters, digits, `_` or `-`."
  }
}

variable "description" {
  description = "What the function does, in a sentence."
  type        = string
  nullable    = false
}

variable "zip" {
  description = "The path of the zip with the program `bootstrap`."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "The function's environment variables. Secrets do not belong here."
  type        = map(string)
  nullable    = false
}

variable "statements" {
  description = "What the function's role allows beyond its own logs: statements of an IAM policy, as a list."
  # Statements differ in their keys, which no type but `any` lets them.
  type     = any
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for statement in var.statements : can(statement.Sid) && can(statement.Action) && can(statement.Resource)])
    error_message = "Each statement needs `Sid`, `Action` and `Resource`: allow actions one by one, never by `NotAction`."
  }
}

variable "architecture" {
  description = "What the program was built for: `arm64` or `x86_64`."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Lambda does not run `${var.architecture}`: write `arm64` or `x86_64`, as the zip was built."
  }
}

variable "memory_mb" {
  description = "The function's memory; its share of a processor grows with it."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "Lambda gives 128 to 10240 MB: write a number between them."
  }
}

variable "timeout_seconds" {
  description = "How long one invocation may take."
  type        = number
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "Lambda gives 1 to 900 seconds: write a number between them."
  }
}

variable "reserved_concurrency" {
  description = "So many invocations at once are kept for this function, and no more; -1 keeps none."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency > 0
    error_message = "0 stops the function: write a number above it, or -1 to keep nothing for it."
  }
}

variable "log_retention_days" {
  description = "How long its logs are kept, in days."
  type        = number
  default     = 90
  nullable    = false
}

variable "kms_key_arn" {
  description = "The key that encrypts its logs."
  type        = string
  nullable    = false
}

variable "asynchronous" {
  description = "How invocations are treated for whose answer nobody waits: how often they are tried again, how old they may grow, and the queue for those that failed for good. `null` where there are none."
  type = object({
    retries         = number
    max_age_seconds = number
    failures        = optional(object({ queue_arn = string }))
  })
  default = null
}

variable "vpc" {
  description = "The subnets and security groups in which the function runs; `null` for none."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "permissions_boundary" {
  description = "The ARN of the policy that bounds the role, where the account wants one."
  type        = string
  default     = null
}
