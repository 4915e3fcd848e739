variable "name" {
  description = "What the key's alias is called; the names of the log groups that use the key have it in them."
  type        = string
  nullable    = false
}

variable "account_id" {
  description = "The account whose administrators administer the key."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The region whose log service uses the key."
  type        = string
  nullable    = false
}

variable "partition" {
  description = "The partition of the account: `aws`, `aws-cn` or `aws-us-gov`."
  type        = string
  default     = "aws"
  nullable    = false
}

variable "deletion_window_in_days" {
  description = "How long a deleted key can still be restored."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30
    error_message = "KMS keeps a deleted key for 7 to 30 days: write a number of days between them."
  }
}
