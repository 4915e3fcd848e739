variable "name" {
  description = "The core table's name; the audit table's is the same with `-audit` behind it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,249}$", var.name))
    error_message = "`${var.name}` cannot be a table's name: write 3 to 249 letters, digits, `_`, `.` or `-`."
  }
}

variable "kms_key_arn" {
  description = "The key that encrypts both tables."
  type        = string
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the tables refuse to be deleted."
  type        = bool
  default     = true
  nullable    = false
}
