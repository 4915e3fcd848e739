resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "What Countersign's function ${var.name} may do."
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "function"
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

locals {
  statements = concat(
    var.statements,
    [{
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.this.arn}:*"
    }],
    [for queue in try(var.asynchronous.failures[*], []) : {
      Sid      = "Failures"
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = queue.queue_arn
    }],
    [for vpc in var.vpc[*] : {
      Sid    = "NetworkInterfaces"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      # Lambda makes the interfaces with this role and checks for it on `*`; some of these actions
      # know no resource at all.
      Resource = "*"
    }],
    # With these permissions at hand, the program itself still may not use them.
    [for vpc in var.vpc[*] : {
      Sid    = "NetworkInterfacesAreLambdas"
      Effect = "Deny"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource  = "*"
      Condition = { ArnLike = { "lambda:SourceFunctionArn" = "arn:*:lambda:*:*:function:${var.name}" } }
    }],
  )
}
