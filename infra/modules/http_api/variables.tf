variable "name" {
  description = "The API's name."
  type        = string
  nullable    = false
}

variable "function" {
  description = "The function that answers: its name, and the ARN by which API Gateway invokes it."
  type = object({
    name       = string
    invoke_arn = string
  })
  nullable = false
}

variable "authorizer" {
  description = "Whose tokens API Gateway lets through to `/v1`; `null` where the function alone checks them."
  type = object({
    issuer    = string
    audiences = list(string)
  })
  default = null
}

variable "throttle" {
  description = "So many requests a second are let through, and so many at once."
  type = object({
    rate  = optional(number, 50)
    burst = optional(number, 100)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttle.rate >= 1 && var.throttle.burst >= 1
    error_message = "Below 1 nothing gets through: write `rate` and `burst` of 1 or more."
  }
}

variable "domain" {
  description = "A domain of one's own: its name, its certificate, and the Route 53 zone for its records (without one, make them yourself). `null` for API Gateway's address."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
  default = null

  validation {
    condition     = var.domain == null || can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.domain.name))
    error_message = "The domain is written without scheme and path, as in `access.acme.com`: write such a `name`."
  }

  validation {
    condition     = var.domain == null || can(regex("^arn:[a-z-]+:acm:", var.domain.certificate_arn))
    error_message = "The certificate is one of ACM, in the region of the API: write its ARN as `certificate_arn`."
  }
}

variable "log_retention_days" {
  description = "How long the access log is kept, in days."
  type        = number
  default     = 90
  nullable    = false
}

variable "kms_key_arn" {
  description = "The key that encrypts the access log."
  type        = string
  nullable    = false
}
