mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "countersign-test"
  environment = "test"
  region      = "eu-central-1"
  functions   = { api = "countersign-test-api", worker = "countersign-test-worker" }
  queues      = { stream = "countersign-test-stream-dead-letters" }
  api_id      = "a1b2c3"
  tables      = ["countersign-test"]
  topic_arns  = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
}

run "everything_that_has_to_be_looked_at_has_an_alarm" {
  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset([
      "api-errors", "api-throttles", "audit-failures", "export-behind", "export-failures", "http-errors", "oldest-command", "overdue-ends", "quarantined", "set-aside",
      "settings-refused", "stream-behind", "stream-dead-letters", "sweep-missing", "worker-errors", "worker-throttles",
    ])
    error_message = "the alarms"
  }

  assert {
    condition     = alltrue([for it in aws_cloudwatch_metric_alarm.this : it.alarm_actions == toset(var.topic_arns) && it.alarm_description != ""])
    error_message = "each is told, and says what to do"
  }
}

run "the_programs_own_metrics_have_these_names" {
  assert {
    condition     = { for name, it in aws_cloudwatch_metric_alarm.this : name => it.metric_name if it.namespace == "Countersign" } == { audit-failures = "AuditFailures", export-behind = "ExportBatchesBehind", export-failures = "ExportFailures", oldest-command = "OldestCommandSeconds", overdue-ends = "OverdueEnds", quarantined = "Quarantined", set-aside = "DeadLetters", settings-refused = "SettingsRefused", sweep-missing = "SweepRan" }
    error_message = "the program emits other names"
  }

  assert {
    condition     = alltrue([for it in aws_cloudwatch_metric_alarm.this : it.dimensions == tomap({ environment = "test" }) if it.namespace == "Countersign"])
    error_message = "the dimension"
  }
}

run "a_sweep_that_says_nothing_is_one_that_did_not_run" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["sweep-missing"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["sweep-missing"].evaluation_periods == 3 && aws_cloudwatch_metric_alarm.this["sweep-missing"].comparison_operator == "LessThanThreshold"
    error_message = "the heartbeat"
  }
}

run "access_past_its_end_alarms_after_two_minutes" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["overdue-ends"].evaluation_periods == 2 && aws_cloudwatch_metric_alarm.this["overdue-ends"].period == 60
    error_message = "the time"
  }
}

run "what_passes_by_itself_alarms_nobody" {
  assert {
    condition     = alltrue([for name in ["audit-failures", "export-failures", "export-behind"] : aws_cloudwatch_metric_alarm.this[name].datapoints_to_alarm == 15])
    error_message = "a receiver that is restarted is no alarm"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["export-behind"].threshold == 12 && aws_cloudwatch_metric_alarm.this["export-failures"].threshold == 1
    error_message = "how far behind is too far"
  }
}

run "the_dashboard_is_json" {
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 10
    error_message = "the charts"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    topic_arns             = ["ops@acme.test"]
    oldest_command_seconds = 1
    export_batches_behind  = 0
    functions              = { api = "countersign-test-api" }
  }

  expect_failures = [var.topic_arns, var.oldest_command_seconds, var.export_batches_behind, var.functions]
}
