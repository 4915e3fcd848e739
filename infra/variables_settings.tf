# The settings: what a settings document says on one machine.
#
# Most are of the type `any`: an object type would drop attributes that it does not know without a word,
# and a misspelt `max_duration` would then mean no limit. modules/settings refuses them instead.

variable "organization" {
  description = "The organization: the first part of every resource name, such as `acme`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_-]{0,63}$", var.organization))
    error_message = "`${var.organization}` cannot name an organization: write a small letter and at most 63 small letters, digits, `-` or `_` behind it."
  }
}

variable "time_zone" {
  description = "The time zone in which `tomorrow` and `9:00` are meant: a name of the IANA database, such as `Europe/Berlin`."
  type        = string
  default     = "UTC"
  nullable    = false

  validation {
    condition     = can(regex("^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$", var.time_zone))
    error_message = "There is no time zone `${var.time_zone}`: write `UTC` or a name like `Europe/Berlin`."
  }
}

variable "domains" {
  description = "People with a mail address of these domains are members when they first act. All others are guests."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for domain in var.domains : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", domain))])
    error_message = "A mail domain is what follows the `@`, in small letters, as in `acme.com`: write `domains` so."
  }
}

variable "integrations" {
  description = "External systems, by name: `{ type, external_id, settings, secrets }`. `secrets` are ARNs by the name of the setting that they stand for, as in `{ token = \"arn:..\" }`. Slack has a variable of its own."
  type        = any
  default     = {}
  nullable    = false
}

variable "strategies" {
  description = "Ways in which access is given and taken away, by name: `{ type, integration, settings, secrets, resources }`. `resources` are ARNs that stand in place of those that the manifest asks for: what the strategy may touch in this account."
  type        = any
  default     = {}
  nullable    = false
}

variable "targets" {
  description = "What one can get access to, by name: `{ kind, label, strategy, settings, max_duration, durations }`."
  type        = any
  default     = {}
  nullable    = false
}

variable "flows" {
  description = "The program's flows, by name: `{ targets, vars, max_duration, durations, max_extensions, reason, fail, allow_revoke, schedule_deescalation, include_decision_message, allow_guest_interaction, allowed_sources, admins_may_decide }`. `vars` are the flow's own variables."
  type        = any
  default     = {}
  nullable    = false
}

variable "users" {
  description = "People who are known from the start, by mail address: `{ name, role, groups, identities, deactivated }`. Others appear when they first act."
  type        = any
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = "Secrets that flows read, by name: the ARNs of secrets of Secrets Manager or parameters of Parameter Store."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "webhooks" {
  description = "Endpoints that are told what happens, by name: where they are, the ARN of the secret that signs requests by the Standard Webhooks scheme, and what they are told about: some of `words`, `ask`, `reminder`, `standing`, `ends_soon`, `follow_up`, `overdue`, `trouble`; everything, if it is empty."
  type = map(object({
    url        = string
    secret_arn = string
    about      = optional(list(string), [])
  }))
  default  = {}
  nullable = false
}

variable "http" {
  description = "Whom flows may call by `cx.http()`: `hosts` at public addresses, by HTTPS, and `private_hosts` inside. `api.acme.com`, `api.acme.com:8443`, or `*.acme.com` for all below it."
  type = object({
    hosts         = optional(list(string), [])
    private_hosts = optional(list(string), [])
  })
  default  = {}
  nullable = false
}

variable "directory" {
  description = "Groups, Slack channels and on-call schedules that are answered from here in place of Okta, Slack and PagerDuty: to try things out."
  type = object({
    groups    = optional(map(list(string)), {})
    channels  = optional(map(list(string)), {})
    schedules = optional(map(list(object({ user = string, from = optional(string), until = optional(string) }))), {})
  })
  default = null
}
