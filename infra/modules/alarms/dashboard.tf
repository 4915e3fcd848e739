resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for index, chart in local.charts : {
      type   = "metric"
      x      = 8 * (index % 3)
      y      = 6 * floor(index / 3)
      width  = 8
      height = 6
      properties = {
        title   = chart.title
        region  = var.region
        stat    = chart.stat
        period  = 60
        view    = "timeSeries"
        metrics = chart.metrics
      }
    }]
  })
}

locals {
  charts = [
    {
      title   = "Access past its end"
      stat    = "Maximum"
      metrics = [["Countersign", "OverdueEnds", "environment", var.environment]]
    },
    {
      title   = "Oldest command, in seconds"
      stat    = "Maximum"
      metrics = [["Countersign", "OldestCommandSeconds", "environment", var.environment]]
    },
    {
      title   = "Sweeps, quarantine, set aside"
      stat    = "Sum"
      metrics = [for name in ["SweepRan", "Quarantined", "DeadLetters", "SettingsRefused"] : ["Countersign", name, "environment", var.environment]]
    },
    {
      title   = "Audit tree and exports"
      stat    = "Maximum"
      metrics = [for name in ["AuditFailures", "ExportFailures", "ExportBatchesBehind"] : ["Countersign", name, "environment", var.environment]]
    },
    {
      title   = "Errors"
      stat    = "Sum"
      metrics = [for name in values(var.functions) : ["AWS/Lambda", "Errors", "FunctionName", name]]
    },
    {
      title   = "Throttles"
      stat    = "Sum"
      metrics = [for name in values(var.functions) : ["AWS/Lambda", "Throttles", "FunctionName", name]]
    },
    {
      title   = "Duration, 99th percentile"
      stat    = "p99"
      metrics = [for name in values(var.functions) : ["AWS/Lambda", "Duration", "FunctionName", name]]
    },
    {
      title   = "Dead letters"
      stat    = "Maximum"
      metrics = [for name in values(var.queues) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name]]
    },
    {
      title   = "Requests"
      stat    = "Sum"
      metrics = [for name in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", name, "ApiId", var.api_id]]
    },
    {
      title   = "Store: units"
      stat    = "Sum"
      metrics = [for pair in setproduct(var.tables, ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"]) : ["AWS/DynamoDB", pair[1], "TableName", pair[0]]]
    },
  ]
}
