variable "stream_arn" {
  description = "The stream of the core table."
  type        = string
  nullable    = false
}

variable "function_arn" {
  description = "The function that is given the records."
  type        = string
  nullable    = false
}

variable "dead_letters_arn" {
  description = "The queue for records that were given up."
  type        = string
  nullable    = false
}

variable "batch_size" {
  description = "At most so many records come in one invocation."
  type        = number
  default     = 25
  nullable    = false

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000
    error_message = "A batch has 1 to 10000 records: write a number between them."
  }
}

variable "parallelization_factor" {
  description = "So many invocations at once handle one shard of the stream; each run stays in order."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.parallelization_factor >= 1 && var.parallelization_factor <= 10
    error_message = "Lambda handles a shard by 1 to 10 invocations: write a number between them."
  }
}
