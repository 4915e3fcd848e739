# Handles what was recorded: asks the flows, grants, revokes, tells people.
module "worker" {
  source               = "./modules/function"
  name                 = "${local.prefix}-worker"
  description          = "Countersign: handles commands"
  zip                  = var.zip
  architecture         = var.architecture
  memory_mb            = 512
  timeout_seconds      = 120
  reserved_concurrency = var.reserved_concurrency.worker
  log_retention_days   = var.log_retention_days
  kms_key_arn          = module.key.arn
  vpc                  = var.vpc
  permissions_boundary = var.permissions_boundary
  statements           = local.worker_statements

  environment = merge(local.environment, {
    COUNTERSIGN_ROLE              = "worker"
    COUNTERSIGN_SCHEDULE_GROUP    = module.schedules.group_name
    COUNTERSIGN_SCHEDULE_ROLE_ARN = module.schedules.role_arn
    COUNTERSIGN_TIMER_ARN         = module.timer.arn
    COUNTERSIGN_SCHEDULE_DLQ_ARN  = module.dead_letters["schedules"].arn
  })
}

locals {
  worker_statements = concat(
    [
      local.may.read_core,
      merge(local.may.write_core, { Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = [
        "R#*", "C#*", "X#*", # runs, their commands, their times
        "N#*", "G#*", "A#*", # lists of runs
        "L#*", "W#*",        # leases, and what is asked for already
        "U#*", "I#*",        # what people are called elsewhere
        "Q#aside",           # what cannot be handled
        "Y#*",               # the groups of the built-in strategy
        "O#*", "V#*",        # what is to be said in Slack, and what was
        "Z#*",               # notices to endpoints and by mail
      ] } } }),
      local.may.keep_others,
      local.may.read_audit,
      local.may.add_to_audit,
      local.may.use_table_key,
      {
        Sid    = "Stream"
        Effect = "Allow"
        Action = [
          "dynamodb:DescribeStream",
          "dynamodb:GetRecords",
          "dynamodb:GetShardIterator",
        ]
        Resource = module.tables.stream_arn
      },
      {
        Sid    = "ListStreams"
        Effect = "Allow"
        Action = "dynamodb:ListStreams"
        # AWS offers no narrower resource for this action; it shows names of streams and no content.
        Resource = "*"
      },
      {
        Sid      = "StreamFailures"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = module.dead_letters["stream"].arn
      },
      local.may.use_queue_key,
      {
        Sid      = "Timers"
        Effect   = "Allow"
        Action   = ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"]
        Resource = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule/${module.schedules.group_name}/*"
      },
      {
        Sid       = "TimersRole"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = module.schedules.role_arn
        Condition = { StringEquals = { "iam:PassedToService" = "scheduler.amazonaws.com" } }
      },
    ],
    local.read_secrets.all,
    module.settings.strategy_statements.worker,
  )
}
