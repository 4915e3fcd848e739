mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name            = "countersign-test-worker"
  description     = "a test"
  zip             = "../../tests/fixtures/program.zip"
  environment     = { COUNTERSIGN_ROLE = "worker" }
  timeout_seconds = 120
  kms_key_arn     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
  statements = [{
    Sid      = "Read"
    Effect   = "Allow"
    Action   = "dynamodb:GetItem"
    Resource = "arn:aws:dynamodb:eu-central-1:123456789012:table/countersign-test"
  }]
}

run "defaults" {
  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && tolist(aws_lambda_function.this.architectures) == tolist(["arm64"]) && aws_lambda_function.this.timeout == 120 && aws_lambda_function.this.memory_size == 256
    error_message = "the function"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 90 && aws_cloudwatch_log_group.this.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111" && aws_cloudwatch_log_group.this.name == "/aws/lambda/countersign-test-worker"
    error_message = "the log group"
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1 && length(aws_lambda_function.this.vpc_config) == 0
    error_message = "nothing is reserved, and there is no network"
  }

  assert {
    condition     = length(aws_lambda_function_event_invoke_config.this) == 0
    error_message = "nobody invokes it without waiting"
  }
}

run "the_role_has_what_was_given_and_its_own_logs" {
  assert {
    condition     = [for it in jsondecode(output.policy).Statement : it.Sid] == ["Read", "Logs"]
    error_message = "the statements"
  }

  assert {
    condition     = jsondecode(output.policy).Statement[1].Resource == "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/countersign-test:*"
    error_message = "other logs"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Service == "lambda.amazonaws.com"
    error_message = "who takes the role"
  }
}

run "concurrency_is_kept_for_it" {
  variables {
    reserved_concurrency = 20
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 20
    error_message = "so many"
  }
}

run "in_a_vpc_the_program_itself_may_not_touch_the_network" {
  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-1"])
    error_message = "the subnets"
  }

  assert {
    condition     = [for it in jsondecode(output.policy).Statement : it.Effect if startswith(it.Sid, "NetworkInterfaces")] == ["Allow", "Deny"]
    error_message = "the permission and its bound"
  }

  assert {
    condition     = jsondecode(output.policy).Statement[3].Condition.ArnLike["lambda:SourceFunctionArn"] == "arn:*:lambda:*:*:function:countersign-test-worker"
    error_message = "the bound is for this function"
  }
}

run "failures_go_to_a_queue" {
  variables {
    asynchronous = { retries = 2, max_age_seconds = 3600, failures = { queue_arn = "arn:aws:sqs:eu-central-1:123456789012:failures" } }
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].destination_config[0].on_failure[0].destination == "arn:aws:sqs:eu-central-1:123456789012:failures"
    error_message = "the queue"
  }

  assert {
    condition     = [for it in jsondecode(output.policy).Statement : it.Resource if it.Sid == "Failures"] == ["arn:aws:sqs:eu-central-1:123456789012:failures"]
    error_message = "the permission"
  }
}

run "without_a_queue_failures_are_only_counted" {
  variables {
    asynchronous = { retries = 0, max_age_seconds = 60 }
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].maximum_retry_attempts == 0 && length(aws_lambda_function_event_invoke_config.this[0].destination_config) == 0
    error_message = "the configuration"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    name                 = "a worker"
    architecture         = "riscv64"
    memory_mb            = 64
    timeout_seconds      = 3600
    reserved_concurrency = 0
    statements           = [{ Sid = "Most", Effect = "Allow", NotAction = "iam:*", Resource = "arn:aws:s3:::acme" }]
  }

  expect_failures = [var.name, var.architecture, var.memory_mb, var.timeout_seconds, var.reserved_concurrency, var.statements]
}
