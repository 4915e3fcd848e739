# The ends of access, and everything else that happens at a time: one-time schedules that the worker
# makes in this group.
resource "aws_scheduler_schedule_group" "timers" {
  name = var.name
}

# Apart from the timers, so that whoever may delete those cannot stop the sweep.
resource "aws_scheduler_schedule_group" "sweep" {
  name = "${var.name}-sweep"
}

resource "aws_scheduler_schedule" "sweep" {
  name                = "sweep"
  group_name          = aws_scheduler_schedule_group.sweep.name
  schedule_expression = "rate(1 minute)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.sweep_arn
    role_arn = aws_iam_role.sweep.arn
    input    = jsonencode({})

    # The next minute's comes anyway.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

# A second trigger that does not depend on EventBridge Scheduler: when that is impaired, timers do not
# fire either, and the sweep is what ends access.
resource "aws_cloudwatch_event_rule" "sweep" {
  name                = "${var.name}-sweep"
  description         = "Starts Countersign's sweep when EventBridge Scheduler does not."
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule  = aws_cloudwatch_event_rule.sweep.name
  arn   = var.sweep_arn
  input = jsonencode({})

  retry_policy {
    maximum_retry_attempts       = 0
    maximum_event_age_in_seconds = 60
  }
}

resource "aws_lambda_permission" "sweep" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = var.sweep_arn
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep.arn
}
