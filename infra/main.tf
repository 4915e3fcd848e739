data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  prefix    = "countersign-${var.name}"
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name
  url       = coalesce(var.url, module.http_api.endpoint)
}

module "key" {
  source     = "./modules/key"
  name       = local.prefix
  account_id = local.account
  region     = local.region
  partition  = local.partition
}

module "tables" {
  source              = "./modules/tables"
  name                = local.prefix
  kms_key_arn         = module.key.arn
  deletion_protection = var.deletion_protection
}

module "settings" {
  source       = "./modules/settings"
  table_name   = module.tables.core_name
  manifest     = var.manifest
  environment  = { name = var.name, org = var.organization, time_zone = var.time_zone, domains = var.domains }
  slack        = var.slack
  integrations = var.integrations
  strategies   = var.strategies
  targets      = var.targets
  flows        = var.flows
  users        = var.users
  secrets      = var.secrets
  http         = var.http
  webhooks     = var.webhooks
  directory    = var.directory
}

module "audit" {
  source      = "./modules/audit"
  name        = local.prefix
  account_id  = local.account
  partition   = local.partition
  kms_key_arn = module.key.arn
  require_tls = var.require_tls
  bucket      = var.audit_bucket
}

# What could not be delivered or handled, by where it came from.
module "dead_letters" {
  source      = "./modules/queue"
  for_each    = toset(["stream", "schedules", "timer"])
  name        = "${local.prefix}-${each.key}-dead-letters"
  account_id  = local.account
  region      = local.region
  partition   = local.partition
  kms_key_arn = module.key.arn
  require_tls = var.require_tls
}

module "stream" {
  source                 = "./modules/stream"
  stream_arn             = module.tables.stream_arn
  function_arn           = module.worker.arn
  dead_letters_arn       = module.dead_letters["stream"].arn
  parallelization_factor = var.parallelization_factor
}

module "schedules" {
  source               = "./modules/schedules"
  name                 = local.prefix
  account_id           = local.account
  timer_arn            = module.timer.arn
  sweep_arn            = module.sweep.arn
  dead_letters_arn     = module.dead_letters["schedules"].arn
  kms_key_arn          = module.key.arn
  permissions_boundary = var.permissions_boundary
}

module "http_api" {
  source             = "./modules/http_api"
  name               = local.prefix
  function           = { name = module.api.name, invoke_arn = module.api.invoke_arn }
  authorizer         = one([for oidc in var.oidc[*] : { issuer = oidc.issuer, audiences = oidc.audiences } if oidc.authorizer])
  throttle           = var.throttle
  domain             = var.domain
  log_retention_days = var.log_retention_days
  kms_key_arn        = module.key.arn
}

module "alarms" {
  source                 = "./modules/alarms"
  name                   = local.prefix
  environment            = var.name
  region                 = local.region
  topic_arns             = var.alarms.topic_arns
  oldest_command_seconds = var.alarms.oldest_command_seconds
  export_batches_behind  = var.alarms.export_batches_behind
  functions              = { for role, function in local.functions : role => function.name }
  queues                 = { for source, queue in module.dead_letters : source => queue.name }
  api_id                 = module.http_api.id
  tables                 = [module.tables.core_name, module.tables.audit_name]
}
