# Started at a time: writes down that a run is to be woken.
module "timer" {
  source               = "./modules/function"
  name                 = "${local.prefix}-timer"
  description          = "Countersign: wakes runs at their times"
  zip                  = var.zip
  architecture         = var.architecture
  timeout_seconds      = 15
  reserved_concurrency = var.reserved_concurrency.timer
  log_retention_days   = var.log_retention_days
  kms_key_arn          = module.key.arn
  vpc                  = var.vpc
  permissions_boundary = var.permissions_boundary
  statements           = local.timer_statements
  environment          = merge(local.environment, { COUNTERSIGN_ROLE = "timer" })

  # An hour late it would still do no harm; by then the sweep has long done its work.
  asynchronous = {
    retries         = 2
    max_age_seconds = 3600
    failures        = { queue_arn = module.dead_letters["timer"].arn }
  }
}

locals {
  timer_statements = [
    {
      Sid       = "Wake"
      Effect    = "Allow"
      Action    = "dynamodb:UpdateItem"
      Resource  = module.tables.core_arn
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["J#*", "Q#aside"] } } # a run is woken; what makes no sense is set aside
    },
    local.may.use_table_key,
    local.may.use_queue_key,
  ]
}
