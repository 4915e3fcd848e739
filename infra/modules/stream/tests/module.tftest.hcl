mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  stream_arn       = "arn:aws:dynamodb:eu-central-1:123456789012:table/countersign-test/stream/2026-01-01T00:00:00.000"
  function_arn     = "arn:aws:lambda:eu-central-1:123456789012:function:countersign-test-worker"
  dead_letters_arn = "arn:aws:sqs:eu-central-1:123456789012:countersign-test-stream-dead-letters"
}

run "only_commands_and_wake_ups_come" {
  assert {
    condition     = jsondecode(one(one(aws_lambda_event_source_mapping.this.filter_criteria).filter).pattern) == { eventName = ["INSERT", "MODIFY"], dynamodb = { Keys = { pk = { S = [{ prefix = "C#" }, { prefix = "J#" }] } } } }
    error_message = "the filter"
  }
}

run "a_bad_record_blocks_nobody" {
  assert {
    condition     = aws_lambda_event_source_mapping.this.bisect_batch_on_function_error && tolist(aws_lambda_event_source_mapping.this.function_response_types) == tolist(["ReportBatchItemFailures"])
    error_message = "halving and partial answers"
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds == 3600 && aws_lambda_event_source_mapping.this.maximum_retry_attempts == 10
    error_message = "bounded retries"
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.destination_config[0].on_failure[0].destination_arn == var.dead_letters_arn
    error_message = "what is given up is kept"
  }
}

run "nothing_waits_and_nothing_is_left_out" {
  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_batching_window_in_seconds == 0 && aws_lambda_event_source_mapping.this.starting_position == "TRIM_HORIZON"
    error_message = "window and beginning"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    batch_size             = 0
    parallelization_factor = 11
  }

  expect_failures = [var.batch_size, var.parallelization_factor]
}
