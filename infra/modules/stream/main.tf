resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn = var.stream_arn
  function_name    = var.function_arn

  # What was recorded before the mapping existed is handled, too.
  starting_position = "TRIM_HORIZON"

  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = 0
  parallelization_factor             = var.parallelization_factor

  # One record that cannot be handled is found by halving and set aside: it blocks nobody for long.
  function_response_types        = ["ReportBatchItemFailures"]
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 10
  maximum_record_age_in_seconds  = 3600

  destination_config {
    on_failure {
      destination_arn = var.dead_letters_arn
    }
  }

  # Recorded commands, and wake-ups.
  filter_criteria {
    filter {
      pattern = jsonencode({
        eventName = ["INSERT", "MODIFY"]
        dynamodb  = { Keys = { pk = { S = [{ prefix = "C#" }, { prefix = "J#" }] } } }
      })
    }
  }
}
