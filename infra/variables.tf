# The deployment. What the flows may do is in variables_settings.tf.

variable "name" {
  description = "The environment's name, such as `prod`. Everything in AWS is called `countersign-` and this."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,23}$", var.name))
    error_message = "`${var.name}` cannot name an environment: write a small letter and at most 23 small letters, digits or `-` behind it."
  }
}

variable "zip" {
  description = "The path of the zip with the program, as `cargo xtask package` makes it."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.zip)
    error_message = "There is no file `${var.zip}`: make it by `cargo xtask package`, and write its path as `zip`."
  }
}

variable "manifest" {
  description = "The path of the program's manifest: what its command `manifest` prints."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.manifest)
    error_message = "There is no file `${var.manifest}`: make it by `cargo run -- manifest > manifest.json`, and write its path as `manifest`."
  }

  validation {
    condition     = fileexists(var.manifest) ? can(jsondecode(file(var.manifest)).manifest) : true
    error_message = "`${var.manifest}` holds no manifest: make it by `cargo run -- manifest > manifest.json`."
  }
}

variable "architecture" {
  description = "What the program in the zip was built for: `arm64` or `x86_64`."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Lambda does not run `${var.architecture}`: write `arm64` or `x86_64`, as the zip was built."
  }
}

variable "oidc" {
  description = "Who signs people and programs in: the issuer of tokens, the audiences that are ours, and the claim with the mail address. With `client_id` people sign in to the pages by a browser, as that client of the issuer, whose secret has the ARN `client_secret_arn` (a public client has none); a session lasts for `session`, and may rest for `session_idle`. With `authorizer`, API Gateway refuses other tokens before they reach the function; tokens of Countersign's own are then refused, too."
  type = object({
    issuer            = string
    audiences         = list(string)
    email_claim       = optional(string, "email")
    authorizer        = optional(bool, false)
    client_id         = optional(string)
    client_secret_arn = optional(string)
    session           = optional(string, "8h")
    session_idle      = optional(string)
  })
  default = null

  validation {
    condition     = var.oidc != null || var.slack != null
    error_message = "Nobody could sign in: write `oidc = { issuer = \"https://..\", audiences = [\"..\"] }`, or `slack`, or both."
  }

  validation {
    condition     = var.oidc == null || can(regex("^(https://[^/ ]|http://(127\\.0\\.0\\.1|localhost)[:/])", var.oidc.issuer))
    error_message = "The issuer of tokens is reached by HTTPS: write `issuer = \"https://..\"`, exactly as it stands in the tokens."
  }

  validation {
    condition     = var.oidc == null || try(length(var.oidc.audiences) > 0, false)
    error_message = "Tokens that were made for something else must be refused: write at least one of `audiences`, such as the id of the client."
  }

  validation {
    condition     = alltrue([for audience in try(var.oidc.audiences, []) : can(regex("^[^, ]+$", audience))])
    error_message = "An audience has no comma, no space and is not empty: write each of `audiences` by itself."
  }

  validation {
    condition     = try(var.oidc.client_id, null) == null ? try(var.oidc.client_secret_arn, null) == null : can(regex("^[^ ]+$", var.oidc.client_id))
    error_message = "A secret is that of a client: write the `client_id` that the identity provider gave, too; it has no spaces."
  }

  validation {
    condition     = try(var.oidc.client_secret_arn, null) == null || can(regex("^arn:[a-z-]+:(secretsmanager:[^:]+:[0-9]{12}:secret:|ssm:[^:]+:[0-9]{12}:parameter/).+", var.oidc.client_secret_arn))
    error_message = "Secrets are in Secrets Manager or Parameter Store: write the ARN of one as `client_secret_arn`, as in `arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:sign-in-AbCdEf`."
  }

  validation {
    condition     = alltrue([for length in compact([try(var.oidc.session, ""), try(var.oidc.session_idle, "")]) : can(regex("^([0-9]+d)?([0-9]+h)?([0-9]+m)?$", length))])
    error_message = "`session` and `session_idle` are lengths of time: write them as in `8h`, `30m` or `1d`."
  }

  # The pages are at the root of their host, and browsers keep their cookies by HTTPS alone.
  validation {
    condition     = try(var.oidc.client_id, null) == null || var.url == null || can(regex("^(https://[^/ ]+|http://(127\\.0\\.0\\.1|localhost)[:/].*)$", var.url))
    error_message = "People sign in to pages at the root of a host, by HTTPS: write a `url` like `https://access.acme.com`, without a path."
  }
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

  validation {
    condition     = var.slack == null || can(regex("^[TE][A-Z0-9]{2,}$", var.slack.team_id))
    error_message = "A Slack workspace has an id like `T0123ABCD`: write it as `team_id`."
  }

  validation {
    condition     = var.slack == null || can(regex("^A[A-Z0-9]{2,}$", coalesce(var.slack.app_id, "A00")))
    error_message = "A Slack app has an id like `A0123ABCD`: write it as `app_id`."
  }

  validation {
    condition     = (try(var.slack.bot_token_arn, null) == null) == (try(var.slack.signing_secret_arn, null) == null)
    error_message = "Slack is called with the bot's token and recognised by the signing secret: write both, `bot_token_arn` and `signing_secret_arn`, or neither, to try things out with `directory`."
  }

  validation {
    condition     = try(var.slack.new_signing_secret_arn, null) == null || try(var.slack.signing_secret_arn, null) != null
    error_message = "`new_signing_secret_arn` is the one that takes the place of `signing_secret_arn`: write that, too."
  }

  # The bot's token is sent there.
  validation {
    condition     = can(regex("^(https://[^/ ?#@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)(/[^ ?#@]*)?$", try(coalesce(var.slack.url), "https://slack.com/api/")))
    error_message = "Slack's Web API is reached by HTTPS: write a `url` that begins with `https://`, without a user or a query, as in `https://slack-gov.com/api/`, or leave it away for slack.com."
  }
}

variable "url" {
  description = "The address that people use, where it is another than the API's or the domain's, as behind a proxy."
  type        = string
  default     = null

  validation {
    condition     = var.url == null || can(regex("^https?://[^/ ]+(/.*[^/])?$", var.url))
    error_message = "An address begins with `https://` and has no slash at its end: write one like `https://access.acme.com`."
  }
}

variable "domain" {
  description = "A domain of one's own: its name, its certificate in ACM, and the Route 53 zone for its records (without one, make them yourself). `null` for API Gateway's address."
  type = object({
    name            = string
    certificate_arn = string
    zone_id         = optional(string)
  })
  default = null
}

variable "vpc" {
  description = "The subnets and security groups in which the functions run. They need ways out to AWS and to the integrations. `null` for none: nothing of Countersign listens in a network."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.vpc == null || try(length(var.vpc.subnet_ids) > 0 && length(var.vpc.security_group_ids) > 0, false)
    error_message = "In a VPC a function needs a subnet and a security group: write both `subnet_ids` and `security_group_ids`, or leave `vpc` away."
  }
}

variable "alarms" {
  description = "The SNS topics that are told of alarms, how many seconds a command may wait to be handled before there is one, and how many batches of audit entries a receiver may lack: there is one every five minutes, if anything happened."
  type = object({
    topic_arns             = optional(list(string), [])
    oldest_command_seconds = optional(number, 120)
    export_batches_behind  = optional(number, 12)
  })
  default  = {}
  nullable = false
}

variable "audit_bucket" {
  description = "The bucket, made here, for signed tree heads and exported entries, which nobody can delete for so many days; `null` for none. In the mode `COMPLIANCE` not even the account's root user can; in `GOVERNANCE` whoever has `s3:BypassGovernanceRetention` can. Everything is in `folder`, which is called as the environment if it is left out; after tables were restored to an earlier time, a new one begins anew."
  type = object({
    name           = string
    retention_days = optional(number, 365)
    mode           = optional(string, "COMPLIANCE")
    folder         = optional(string)
  })
  default = null

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", try(coalesce(var.audit_bucket.folder), "none")))
    error_message = "`folder` is one folder of the bucket: write at most 64 letters, digits, `_` or `-`, as in `prod-2`."
  }
}

variable "export" {
  description = "Where audit entries are sent on to: a Firehose stream of this account, an EventBridge bus of this region, a URL. What is sent to the URL is signed by the secret whose ARN is `url_secret_arn`: a text that begins with `whsec_`."
  type = object({
    firehose_arn   = optional(string)
    bus_arn        = optional(string)
    url            = optional(string)
    url_secret_arn = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.export.firehose_arn == null || can(regex("^arn:${local.partition}:firehose:${local.region}:${local.account}:deliverystream/[A-Za-z0-9_.-]+$", var.export.firehose_arn))
    error_message = "Firehose takes entries for a stream of its own account and region: write its ARN as `firehose_arn`, as in `arn:${local.partition}:firehose:${local.region}:${local.account}:deliverystream/audit`."
  }

  validation {
    condition     = var.export.bus_arn == null || can(regex("^arn:${local.partition}:events:${local.region}:[0-9]{12}:event-bus/[A-Za-z0-9_./-]+$", var.export.bus_arn))
    error_message = "EventBridge takes events for a bus of its own region: write its ARN as `bus_arn`, as in `arn:${local.partition}:events:${local.region}:${local.account}:event-bus/audit`."
  }

  validation {
    condition     = var.export.url == null || can(regex("^(https://[^/ ]|http://(127\\.0\\.0\\.1|localhost)[:/])[^ ]*$", var.export.url))
    error_message = "Audit entries are sent by HTTPS alone: write a `url` that begins with `https://`."
  }

  validation {
    condition     = (var.export.url == null) == (var.export.url_secret_arn == null)
    error_message = "Whoever gets entries has to know that they are ours: write both `url` and `url_secret_arn`, or neither."
  }

  validation {
    condition     = var.export.url_secret_arn == null || can(regex("^arn:[a-z-]+:(secretsmanager:[^:]+:[0-9]{12}:secret:|ssm:[^:]+:[0-9]{12}:parameter/).+", var.export.url_secret_arn))
    error_message = "Secrets are in Secrets Manager or Parameter Store: write the ARN of one as `url_secret_arn`, as in `arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:export-AbCdEf`."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept, in days. The audit table is kept for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days: write one of them."
  }
}

variable "log_level" {
  description = "How much the functions log: a filter such as `info`, or `warn,countersign=debug`."
  type        = string
  default     = "info"
  nullable    = false

  validation {
    condition     = alltrue([for part in split(",", var.log_level) : can(regex("^([a-z0-9_:]+=)?(off|error|warn|info|debug|trace)$", part))])
    error_message = "`${var.log_level}` is no filter of logs: write `error`, `warn`, `info`, `debug` or `trace`, with the part of the program in front where it is for that alone, as in `warn,countersign=debug`."
  }
}

variable "deletion_protection" {
  description = "Whether the tables refuse to be deleted. Turn it off in an apply of its own before a destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "reserved_concurrency" {
  description = "How many invocations at once are kept for each function, so that nothing else in the account keeps access from being revoked; -1 keeps none."
  type = object({
    api    = optional(number, -1)
    form   = optional(number, -1)
    worker = optional(number, 20)
    timer  = optional(number, 5)
    sweep  = optional(number, 2)
  })
  default  = {}
  nullable = false
}

variable "parallelization_factor" {
  description = "So many workers at once handle one shard of the table's stream, 1 to 10; each run stays in order."
  type        = number
  default     = 10
  nullable    = false
}

variable "throttle" {
  description = "So many requests a second does the API let through, and so many at once."
  type = object({
    rate  = optional(number, 50)
    burst = optional(number, 100)
  })
  default  = {}
  nullable = false
}

variable "secrets_key_arns" {
  description = "The ARNs of the KMS keys that encrypt the secrets, where they are not AWS's own."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.secrets_key_arns : can(regex("^arn:[a-z-]+:kms:.+:key/.+", arn))])
    error_message = "Write ARNs of KMS keys, as in `arn:aws:kms:eu-central-1:123456789012:key/..`; an alias will not do in a policy."
  }
}

variable "permissions_boundary" {
  description = "The ARN of the policy that bounds every role, where the account wants one."
  type        = string
  default     = null
}

variable "require_tls" {
  description = "Whether requests without TLS are refused. Off for emulators alone."
  type        = bool
  default     = true
  nullable    = false
}
