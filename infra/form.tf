# Runs the flows' own code where a form needs it. It only reads.
module "form" {
  source               = "./modules/function"
  name                 = "${local.prefix}-form"
  description          = "Countersign: what forms ask the flows"
  zip                  = var.zip
  architecture         = var.architecture
  memory_mb            = 512
  timeout_seconds      = 10
  reserved_concurrency = var.reserved_concurrency.form
  log_retention_days   = var.log_retention_days
  kms_key_arn          = module.key.arn
  vpc                  = var.vpc
  permissions_boundary = var.permissions_boundary
  statements           = local.form_statements

  environment = merge(local.environment, {
    COUNTERSIGN_ROLE = "form"
    COUNTERSIGN_URL  = local.url
  })
}

locals {
  form_statements = concat(
    [local.may.read_core, local.may.read_audit, local.may.use_table_key],
    local.read_secrets.asking,
    module.settings.strategy_statements.form,
  )
}
