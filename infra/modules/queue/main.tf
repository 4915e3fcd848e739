resource "aws_sqs_queue" "this" {
  name                      = var.name
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 1209600 # The longest that SQS offers: two weeks to look at it.

  # Who may send is said by the roles of the senders.
  policy = var.require_tls ? jsonencode({ Version = "2012-10-17", Statement = [local.tls_only] }) : null
}

locals {
  tls_only = {
    Sid       = "TlsOnly"
    Effect    = "Deny"
    Principal = "*"
    Action    = "sqs:*"
    Resource  = local.arn
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  # Said beforehand: a policy of its own would take SQS another half minute.
  arn = "arn:${var.partition}:sqs:${var.region}:${var.account_id}:${var.name}"
}
