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
