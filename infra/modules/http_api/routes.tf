# The function checks who calls in any case. Only `/v1` can have the authorizer in front: Slack signs
# its calls instead, and pages sign people in.
locals {
  routes = {
    "GET /healthz"         = { authorized = false }
    "GET /openapi.json"    = { authorized = false }
    "ANY /v1/{proxy+}"     = { authorized = var.authorizer != null }
    "POST /slack/{proxy+}" = { authorized = false }
    "$default"             = { authorized = false }
  }
}

resource "aws_apigatewayv2_route" "this" {
  for_each           = local.routes
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this.id}"
  authorization_type = each.value.authorized ? "JWT" : "NONE"
  authorizer_id      = each.value.authorized ? aws_apigatewayv2_authorizer.this[0].id : null
}

resource "aws_apigatewayv2_authorizer" "this" {
  count            = var.authorizer == null ? 0 : 1
  api_id           = aws_apigatewayv2_api.this.id
  name             = "oidc"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.authorizer.issuer
    audience = var.authorizer.audiences
  }
}
