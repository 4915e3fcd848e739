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

    # For whoever may write all lists: the settings come from Terraform, tokens and users from api, the
    # audit tree from the sweep.
    keep_others = {
      Sid      = "KeepOthers"
      Effect   = "Deny"
      Action   = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      Resource = module.tables.core_arn
      Condition = { "ForAnyValue:StringLike" = { "dynamodb:LeadingKeys" = [
        "S#*", "T#*", "P#*", "B#*", "N#tokens", "N#users", "N#accounts", "N#noted",
      ] } }
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
      Action   = "dynamodb:PutItem"
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
