# The statements that several functions share.
locals {
  may = {
    read_core = {
      Sid      = "ReadCore"
      Effect   = "Allow"
      Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
      Resource = module.tables.core_arn
    }

    write_core = {
      Sid    = "WriteCore"
      Effect = "Allow"
      Action = [
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
      ]
      Resource = module.tables.core_arn
    }

    # The settings come from Terraform: no function changes them.
    keep_settings = {
      Sid       = "KeepSettings"
      Effect    = "Deny"
      Action    = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      Resource  = module.tables.core_arn
      Condition = { "ForAnyValue:StringLike" = { "dynamodb:LeadingKeys" = ["S#*"] } }
    }

    read_audit = {
      Sid      = "ReadAudit"
      Effect   = "Allow"
      Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
      Resource = module.tables.audit_arn
    }

    add_to_audit = {
      Sid      = "AddToAudit"
      Effect   = "Allow"
      Action   = ["dynamodb:ConditionCheckItem", "dynamodb:PutItem"]
      Resource = module.tables.audit_arn
    }

    use_table_key = {
      Sid       = "UseTableKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      Resource  = module.key.arn
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" } }
    }

    use_queue_key = {
      Sid       = "UseQueueKey"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = module.key.arn
      Condition = { StringEquals = { "kms:ViaService" = "sqs.${local.region}.amazonaws.com" } }
    }
  }
}
