# Faces the internet: checks who calls, records what they want, reads what they may see. It reaches no
# target, no schedule, no strategy, and no secret but Slack's and that of the client by which people sign in.
module "api" {
  source               = "./modules/function"
  name                 = "${local.prefix}-api"
  description          = "Countersign: HTTP API, Slack and pages"
  zip                  = var.zip
  architecture         = var.architecture
  memory_mb            = 512 # More processor: people wait for it.
  timeout_seconds      = 29  # API Gateway gives up after 30.
  reserved_concurrency = var.reserved_concurrency.api
  log_retention_days   = var.log_retention_days
  kms_key_arn          = module.key.arn
  vpc                  = var.vpc
  permissions_boundary = var.permissions_boundary
  statements           = local.api_statements

  environment = merge(local.environment, local.oidc_environment, {
    COUNTERSIGN_ROLE          = "api"
    COUNTERSIGN_URL           = local.url
    COUNTERSIGN_FORM_FUNCTION = module.form.name
  })
}

locals {
  oidc_environment = merge([for oidc in var.oidc[*] : { for name, value in {
    COUNTERSIGN_OIDC_ISSUER        = oidc.issuer
    COUNTERSIGN_OIDC_AUDIENCE      = join(",", oidc.audiences)
    COUNTERSIGN_OIDC_EMAIL_CLAIM   = oidc.email_claim
    COUNTERSIGN_OIDC_CLIENT_ID     = oidc.client_id
    COUNTERSIGN_OIDC_CLIENT_SECRET = oidc.client_secret_arn
    COUNTERSIGN_SESSION_LASTS      = oidc.client_id == null ? null : oidc.session
    COUNTERSIGN_SESSION_IDLE       = oidc.client_id == null ? null : oidc.session_idle
  } : name => value if value != null }]...)

  api_statements = concat(
    [
      local.may.read_core,
      local.may.read_audit,
      # Refusals of known callers, each in the caller's own chain: an account's begins with a time of
      # zero, a run's never does.
      merge(local.may.add_to_audit, { Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["R#0000000000*"] } } }),
      local.may.use_table_key,
      merge(local.may.write_core, { Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = [
        "C#*",        # commands
        "K#*",        # what was asked for already
        "T#*",        # API tokens and sessions of browsers
        "U#*", "I#*", # users and what they are called elsewhere
        "N#tokens", "N#users",
        "P#*", "N#accounts", "N#noted", # what was refused, and who changed users and tokens
      ] } } }),
      {
        Sid      = "AskForm"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = module.form.arn
      },
    ],
    local.read_secrets.api,
  )
}
