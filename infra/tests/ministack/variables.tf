variable "endpoint" {
  description = "Where the emulator answers, as in `http://127.0.0.1:14566`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^http://(127\\.0\\.0\\.1|localhost):[0-9]+$", var.endpoint))
    error_message = "The emulator runs on this machine: write `http://127.0.0.1:PORT`."
  }
}

variable "zip" {
  description = "The path of the zip with the program."
  type        = string
  nullable    = false
}

variable "manifest" {
  description = "The path of the program's manifest."
  type        = string
  nullable    = false
}

variable "oidc_issuer" {
  description = "The issuer of the tokens, on this machine."
  type        = string
  nullable    = false
}

variable "oidc_audience" {
  description = "The audience of the tokens."
  type        = string
  default     = "countersign"
  nullable    = false
}

variable "oidc_authorizer" {
  description = "Whether the emulator's API Gateway checks tokens, too."
  type        = bool
  default     = false
  nullable    = false
}

variable "slack" {
  description = "What stands in for Slack, on this machine; `null` where nobody is called, and `directory` answers in its place."
  type = object({
    team_id        = string
    app_id         = string
    url            = string
    bot_token      = string
    signing_secret = string
  })
  default = null
}

variable "name" {
  description = "The environment's name."
  type        = string
  default     = "local"
  nullable    = false
}

variable "architecture" {
  description = "What the program was built for: this machine."
  type        = string
  default     = "x86_64"
  nullable    = false
}

variable "log_level" {
  description = "How much the functions log."
  type        = string
  default     = "info"
  nullable    = false
}
