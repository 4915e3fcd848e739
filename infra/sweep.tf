# Started every minute: wakes what is due, finds what is stuck, signs the audit tree, passes entries on.
module "sweep" {
  source               = "./modules/function"
  name                 = "${local.prefix}-sweep"
  description          = "Countersign: finds what is due or stuck, signs and exports the audit log"
  zip                  = var.zip
  architecture         = var.architecture
  timeout_seconds      = 55
  reserved_concurrency = var.reserved_concurrency.sweep
  log_retention_days   = var.log_retention_days
  kms_key_arn          = module.key.arn
  vpc                  = var.vpc
  permissions_boundary = var.permissions_boundary
  statements           = local.sweep_statements
  environment          = merge(local.environment, local.audit_environment, { COUNTERSIGN_ROLE = "sweep" })

  # The next minute's comes anyway.
  asynchronous = {
    retries         = 0
    max_age_seconds = 60
  }
}

locals {
  audit_folder = try(coalesce(var.audit_bucket.folder), var.name)

  audit_environment = merge(
    { COUNTERSIGN_SIGNING_KEY = module.audit.signing_key_arn },
    merge([for bucket in var.audit_bucket[*] : {
      COUNTERSIGN_AUDIT_BUCKET = module.audit.bucket_name
      COUNTERSIGN_AUDIT_FOLDER = local.audit_folder
    }]...),
    { for arn in compact([var.export.firehose_arn]) : "COUNTERSIGN_EXPORT_FIREHOSE" => split("/", arn)[1] },
    { for arn in compact([var.export.bus_arn]) : "COUNTERSIGN_EXPORT_BUS" => arn },
    { for url in compact([var.export.url]) : "COUNTERSIGN_EXPORT_URL" => url },
    { for arn in compact([var.export.url_secret_arn]) : "COUNTERSIGN_EXPORT_SECRET" => arn },
  )

  sweep_statements = concat(
    [
      local.may.read_core,
      merge(local.may.write_core, { Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = [
        "J#*",     # what wakes a run
        "X#*",     # due items that their runs do not know of any more
        "N#open",  # runs whose last entry is in the audit tree
        "N#noted", # accounts whose last entry is
        "B#tree",  # the audit tree: its batches, its heads, and how far each receiver has got
        "Z#sweep", # when it ran
      ] } } }),
      {
        Sid       = "CheckHeads" # nothing is taken off a list of a chain that has moved since
        Effect    = "Allow"
        Action    = "dynamodb:ConditionCheckItem"
        Resource  = module.tables.core_arn
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["R#*", "P#*"] } }
      },
      local.may.read_audit,
      local.may.use_table_key,
      {
        Sid      = "SignTreeHeads"
        Effect   = "Allow"
        Action   = ["kms:GetPublicKey", "kms:Sign"]
        Resource = module.audit.signing_key_arn
      },
    ],
    flatten([for bucket in var.audit_bucket[*] : [
      {
        Sid      = "AuditBucket"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${module.audit.bucket_arn}/${local.audit_folder}/*"
      },
      {
        Sid       = "AuditBucketEncrypted"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = module.key.arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
      },
    ]]),
    [for arn in compact([var.export.firehose_arn]) : {
      Sid      = "ExportFirehose"
      Effect   = "Allow"
      Action   = "firehose:PutRecordBatch"
      Resource = arn
    }],
    [for arn in compact([var.export.bus_arn]) : {
      Sid      = "ExportBus"
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = arn
    }],
    local.read_secrets.export,
    module.settings.strategy_statements.sweep,
  )
}
