mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "countersign-test"
  function    = { name = "countersign-test-api", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:countersign-test-api/invocations" }
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
}

run "it_is_throttled_and_logged" {
  assert {
    condition     = aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 50 && aws_apigatewayv2_stage.this.default_route_settings[0].throttling_burst_limit == 100
    error_message = "throttling"
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.retention_in_days == 90 && aws_cloudwatch_log_group.access.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111"
    error_message = "the access log"
  }

  assert {
    condition     = !strcontains(aws_apigatewayv2_stage.this.access_log_settings[0].format, "queryString") && !strcontains(aws_apigatewayv2_stage.this.access_log_settings[0].format, "header")
    error_message = "the log has codes or tokens in it"
  }
}

run "all_routes_go_to_the_function" {
  assert {
    condition     = toset(keys(aws_apigatewayv2_route.this)) == toset(["GET /healthz", "GET /openapi.json", "ANY /v1/{proxy+}", "POST /slack/{proxy+}", "$default"])
    error_message = "the routes"
  }

  assert {
    condition     = alltrue([for it in aws_apigatewayv2_route.this : it.authorization_type == "NONE"])
    error_message = "without an authorizer the function checks alone"
  }

  assert {
    condition     = aws_apigatewayv2_integration.this.payload_format_version == "2.0" && aws_lambda_permission.this.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/*"
    error_message = "the integration, and who may invoke"
  }
}

run "the_authorizer_stands_before_v1_alone" {
  variables {
    authorizer = { issuer = "https://login.acme.test", audiences = ["countersign"] }
  }

  assert {
    condition     = [for key, it in aws_apigatewayv2_route.this : key if it.authorization_type == "JWT"] == ["ANY /v1/{proxy+}"]
    error_message = "the authorized routes"
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.this[0].jwt_configuration[0].issuer == "https://login.acme.test"
    error_message = "the issuer"
  }
}

run "with_a_domain_there_is_no_other_address" {
  variables {
    domain = { name = "access.acme.test", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1", zone_id = "Z1" }
  }

  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint && output.endpoint == "https://access.acme.test"
    error_message = "the address"
  }

  assert {
    condition     = toset(keys(aws_route53_record.this)) == toset(["A", "AAAA"]) && aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].security_policy == "TLS_1_2"
    error_message = "the records"
  }
}

run "without_a_zone_the_records_are_made_elsewhere" {
  variables {
    domain = { name = "access.acme.test", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1" }
  }

  assert {
    condition     = length(aws_route53_record.this) == 0
    error_message = "the records"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    throttle = { rate = 0 }
    domain   = { name = "https://access.acme.test", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1" }
  }

  expect_failures = [var.throttle, var.domain]
}

run "what_else_cannot_work_is_refused" {
  command = plan

  variables {
    domain = { name = "access.acme.test", certificate_arn = "arn:aws:iam::123456789012:server-certificate/1" }
  }

  expect_failures = [var.domain]
}
