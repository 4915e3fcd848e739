variable "table_name" {
  description = "The core table's name."
  type        = string
  nullable    = false
}

variable "manifest" {
  description = "The path of the program's manifest: what its command `manifest` prints."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "The environment itself: its name, its organization, its time zone, and the mail domains of its members."
  type = object({
    name      = string
    org       = string
    time_zone = optional(string, "UTC")
    domains   = optional(list(string), [])
  })
  nullable = false
}

variable "slack" {
  description = "The Slack workspace and app: their ids, the ARNs of the secrets with the bot's token and the signing secret, the one that will take the latter's place while it is changed, and the channel for what goes wrong. `url` is the address of another Web API than that of slack.com, as in `https://slack-gov.com/api/` for GovSlack. Without secrets nobody is called, and `directory` answers in Slack's place. `null` without Slack."
  type = object({
    team_id                = string
    app_id                 = optional(string)
    bot_token_arn          = optional(string)
    signing_secret_arn     = optional(string)
    new_signing_secret_arn = optional(string)
    error_channel          = optional(string)
    url                    = optional(string)
  })
  default = null
}

variable "integrations" {
  description = "External systems, by name: `{ type, external_id, settings, secrets }`. `secrets` are ARNs by the name of the setting that they stand for, as in `{ token = \"arn:..\" }`. Slack has a variable of its own."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can([for it in values(var.integrations) : keys(it)])
    error_message = "Each integration is an object under its name: write `integrations = { some-name = { .. } }`."
  }
}

variable "strategies" {
  description = "Ways in which access is given and taken away, by name: `{ type, integration, settings, secrets, resources }`. `resources` are ARNs that stand in place of those that the manifest asks for: what the strategy may touch in this account."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can([for it in values(var.strategies) : keys(it)])
    error_message = "Each strategy is an object under its name: write `strategies = { some-name = { .. } }`."
  }
}

variable "targets" {
  description = "What one can get access to, by name: `{ kind, label, strategy, settings, max_duration, durations }`."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can([for it in values(var.targets) : keys(it)])
    error_message = "Each target is an object under its name: write `targets = { some-name = { .. } }`."
  }
}

variable "flows" {
  description = "The program's flows, by name: `{ targets, vars, max_duration, durations, max_extensions, reason, fail, allow_revoke, schedule_deescalation, include_decision_message, allow_guest_interaction, allowed_sources, admins_may_decide }`. `vars` are the flow's own variables."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can([for it in values(var.flows) : keys(it)])
    error_message = "Each flow is an object under its name: write `flows = { some-name = { .. } }`."
  }
}

variable "users" {
  description = "People who are known from the start, by mail address: `{ name, role, groups, identities, deactivated }`. Others appear when they first act."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can([for it in values(var.users) : keys(it)])
    error_message = "Each user is an object under its name: write `users = { \"ada@acme.com\" = { .. } }`."
  }
}

variable "secrets" {
  description = "Secrets that flows read, by name: the ARNs of secrets of Secrets Manager or parameters of Parameter Store."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex(local.name_form, name))])
    error_message = "A secret's name is a small letter with small letters, digits, `-` or `_` behind it, as in `jira_token`: rename those that are not."
  }
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

  validation {
    condition     = alltrue([for name, it in var.webhooks : can(regex(local.name_form, name)) && startswith(it.url, "https://")])
    error_message = "An endpoint has a name in small letters and an address that begins with `https://`: write `webhooks = { siem = { url = \"https://..\", secret_arn = \"arn:..\" } }`."
  }

  validation {
    condition     = alltrue([for about in flatten([for it in values(var.webhooks) : it.about]) : contains(["words", "ask", "reminder", "standing", "ends_soon", "follow_up", "overdue", "trouble"], about)])
    error_message = "Endpoints are told about words, ask, reminder, standing, ends_soon, follow_up, overdue and trouble: write some of these in `about`."
  }
}

variable "http" {
  description = "Whom flows may call by `cx.http()`: `hosts` at public addresses, by HTTPS, and `private_hosts` inside. `api.acme.com`, `api.acme.com:8443`, or `*.acme.com` for all below it."
  type = object({
    hosts         = optional(list(string), [])
    private_hosts = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for host in concat(var.http.hosts, var.http.private_hosts) : can(regex("^([*][.])?[a-z0-9.-]+(:[0-9]+)?$", host))])
    error_message = "Write hosts alone, in small letters and without `https://`, as in `http = { hosts = [\"api.acme.com\"] }`."
  }
}

variable "directory" {
  description = "Groups, Slack channels and on-call schedules that are answered from here in place of Okta, Slack and PagerDuty: to try things out."
  type = object({
    groups    = optional(map(list(string)), {})
    channels  = optional(map(list(string)), {})
    schedules = optional(map(list(object({ user = string, from = optional(string), until = optional(string) }))), {})
  })
  default = null

  validation {
    condition     = alltrue([for name in keys(try(var.directory.channels, {})) : startswith(name, "#")])
    error_message = "The name of a channel starts with a `#`: write `channels = { \"#ops\" = [..] }`."
  }
}
