# What the five functions have in common. Each has a file of its own with what only it gets and may do.
locals {
  functions = {
    api    = module.api
    form   = module.form
    worker = module.worker
    timer  = module.timer
    sweep  = module.sweep
  }

  environment = {
    COUNTERSIGN_ENVIRONMENT = var.name
    COUNTERSIGN_TABLE       = module.tables.core_name
    COUNTERSIGN_AUDIT_TABLE = module.tables.audit_name
    RUST_LOG                = var.log_level
  }
}
