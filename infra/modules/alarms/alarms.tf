locals {
  # Each names a metric and the value from which on, or below which, somebody has to look.
  alarms = { for name, alarm in merge(local.own, local.functions, local.queues, local.entrance) : name => merge({
    statistic = "Sum", threshold = 1, minutes = 1, below = false,
  }, alarm) }

  ours = { namespace = "Countersign", dimensions = { environment = var.environment } }

  # What the program measures about itself.
  own = {
    overdue-ends = merge(local.ours, {
      metric      = "OverdueEnds"
      statistic   = "Maximum"
      minutes     = 2
      description = "Access has been there for two minutes after its end: look at the run, and take the access away by hand if need be."
    })
    oldest-command = merge(local.ours, {
      metric      = "OldestCommandSeconds"
      statistic   = "Maximum"
      threshold   = var.oldest_command_seconds
      minutes     = 2
      description = "Something that somebody wanted has not been handled for long: look at the worker's errors and the stream's dead letters."
    })
    quarantined = merge(local.ours, {
      metric      = "Quarantined"
      statistic   = "Maximum"
      description = "Commands are set aside because handling them fails again and again: look at their runs."
    })
    set-aside = merge(local.ours, {
      metric      = "DeadLetters"
      description = "A function was given something that it cannot read, and set it aside: look at its log."
    })
    audit-failures = merge(local.ours, {
      metric      = "AuditFailures"
      minutes     = 15
      description = "The audit tree is not signed or not kept for a quarter of an hour, or entries are damaged or gone: look at the sweep's log, and verify a copy of the bucket."
    })
    export-failures = merge(local.ours, {
      metric      = "ExportFailures"
      statistic   = "Maximum"
      minutes     = 15
      description = "A receiver of audit entries fails for a quarter of an hour: the sweep's log says which and why. Nothing is lost; it is tried again."
    })
    export-behind = merge(local.ours, {
      metric      = "ExportBatchesBehind"
      statistic   = "Maximum"
      threshold   = var.export_batches_behind
      minutes     = 15
      description = "A receiver of audit entries lacks many of them: it fails, is too slow, or is new and catches up. Nothing is lost as long as the table is there."
    })
    settings-refused = merge(local.ours, {
      metric      = "SettingsRefused"
      description = "A function cannot use the settings and answers nothing: its log names the setting to mend."
    })
    sweep-missing = merge(local.ours, {
      metric      = "SweepRan"
      minutes     = 3
      below       = true
      description = "The sweep, which ends access when all else fails, has not run for three minutes: look at its errors and at both of its triggers."
    })
  }

  functions = merge(
    { for role, name in var.functions : "${role}-errors" => {
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = name }
      description = "The function ${role} fails: look at its log."
    } },
    { for role, name in var.functions : "${role}-throttles" => {
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = { FunctionName = name }
      minutes     = 2
      description = "The function ${role} is refused invocations: raise its reserved concurrency, or the account's."
    } },
    { stream-behind = {
      namespace   = "AWS/Lambda"
      metric      = "IteratorAge"
      dimensions  = { FunctionName = var.functions.worker }
      statistic   = "Maximum"
      threshold   = 1000 * var.oldest_command_seconds
      minutes     = 2
      description = "The worker is behind with the stream: look at its errors and throttles."
    } },
  )

  queues = { for source, name in var.queues : "${source}-dead-letters" => {
    namespace   = "AWS/SQS"
    metric      = "ApproximateNumberOfMessagesVisible"
    dimensions  = { QueueName = name }
    statistic   = "Maximum"
    description = "Something from ${source} was given up: look at the messages of the queue ${name}."
  } }

  entrance = {
    http-errors = {
      namespace   = "AWS/ApiGateway"
      metric      = "5xx"
      dimensions  = { ApiId = var.api_id }
      threshold   = 5
      minutes     = 2
      description = "The API answers with errors of its own: look at the access log and the function api's."
    }
  }
}
