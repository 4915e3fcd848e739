mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name             = "countersign-test"
  account_id       = "123456789012"
  timer_arn        = "arn:aws:lambda:eu-central-1:123456789012:function:countersign-test-timer"
  sweep_arn        = "arn:aws:lambda:eu-central-1:123456789012:function:countersign-test-sweep"
  dead_letters_arn = "arn:aws:sqs:eu-central-1:123456789012:countersign-test-schedules-dead-letters"
  kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "the_sweep_has_two_triggers_a_minute" {
  assert {
    condition     = aws_scheduler_schedule.sweep.schedule_expression == "rate(1 minute)" && aws_cloudwatch_event_rule.sweep.schedule_expression == "rate(1 minute)"
    error_message = "both triggers"
  }

  assert {
    condition     = aws_scheduler_schedule.sweep.target[0].arn == var.sweep_arn && aws_cloudwatch_event_target.sweep.arn == var.sweep_arn
    error_message = "both start the sweep"
  }
}

run "the_sweeps_schedule_is_out_of_the_timers_group" {
  assert {
    condition     = aws_scheduler_schedule.sweep.group_name == "countersign-test-sweep" && output.group_name == "countersign-test"
    error_message = "whoever deletes timers could stop the sweep"
  }
}

run "the_timers_role_starts_the_timer_and_nothing_else" {
  assert {
    condition     = [for it in jsondecode(output.policies.timers).Statement : it.Resource] == [var.timer_arn, var.dead_letters_arn, var.kms_key_arn]
    error_message = "what the role reaches"
  }

  assert {
    condition     = [for it in jsondecode(output.policies.sweep).Statement : it.Resource] == [var.sweep_arn]
    error_message = "what the other reaches"
  }
}

run "only_schedules_of_the_group_use_the_role" {
  assert {
    condition     = jsondecode(aws_iam_role.timers.assume_role_policy).Statement[0].Condition.StringEquals == { "aws:SourceAccount" = "123456789012", "aws:SourceArn" = output.group_arn }
    error_message = "who takes the role"
  }
}
