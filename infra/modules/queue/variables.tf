variable "name" {
  description = "The queue's name."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "The key that encrypts the messages."
  type        = string
  nullable    = false
}

variable "account_id" {
  description = "The account of the queue."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The region of the queue."
  type        = string
  nullable    = false
}

variable "partition" {
  description = "The partition of the account: `aws`, `aws-cn` or `aws-us-gov`."
  type        = string
  default     = "aws"
  nullable    = false
}

variable "require_tls" {
  description = "Whether requests without TLS are refused. Off for emulators alone."
  type        = bool
  default     = true
  nullable    = false
}
