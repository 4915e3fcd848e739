variable "name" {
  description = "What the signing key's alias begins with."
  type        = string
  nullable    = false
}

variable "account_id" {
  description = "The account whose administrators administer the signing key."
  type        = string
  nullable    = false
}

variable "partition" {
  description = "The partition of the account: `aws`, `aws-cn` or `aws-us-gov`."
  type        = string
  default     = "aws"
  nullable    = false
}

variable "kms_key_arn" {
  description = "The key that encrypts what is in the bucket."
  type        = string
  nullable    = false
}

variable "bucket" {
  description = "The bucket for signed tree heads and exported entries, which nobody can delete for so many days; `null` for none. In the mode `COMPLIANCE` not even the account's root user can; in `GOVERNANCE` whoever has `s3:BypassGovernanceRetention` can."
  type = object({
    name           = string
    retention_days = optional(number, 365)
    mode           = optional(string, "COMPLIANCE")
  })
  default = null

  validation {
    condition     = var.bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket.name))
    error_message = "The bucket's name has 3 to 63 small letters, digits, `.` or `-`, as in `acme-countersign-audit`: write such a `name`."
  }

  validation {
    condition     = var.bucket == null || try(contains(["COMPLIANCE", "GOVERNANCE"], var.bucket.mode), false)
    error_message = "Object lock knows two modes: write `COMPLIANCE` or `GOVERNANCE` as `mode`."
  }

  validation {
    condition     = var.bucket == null || try(var.bucket.retention_days >= 1 && var.bucket.retention_days <= 36500, false)
    error_message = "What is locked is locked for 1 to 36500 days: write `retention_days` between them."
  }
}

variable "require_tls" {
  description = "Whether requests without TLS are refused. Off for emulators alone."
  type        = bool
  default     = true
  nullable    = false
}
