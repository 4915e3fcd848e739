# What EventBridge Scheduler assumes for a timer: it reaches `timer` and the queue for what could not
# be delivered, nothing else.
resource "aws_iam_role" "timers" {
  name                 = "${var.name}-timers"
  description          = "By this role EventBridge Scheduler starts Countersign's timer."
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [local.trust.timers] })
}

resource "aws_iam_role_policy" "timers" {
  name = "timer"
  role = aws_iam_role.timers.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Timer"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = var.timer_arn
      },
      {
        Sid      = "Undelivered"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = var.dead_letters_arn
      },
      {
        Sid      = "UndeliveredEncrypted"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      },
    ]
  })
}

resource "aws_iam_role" "sweep" {
  name                 = "${var.name}-sweeps"
  description          = "By this role EventBridge Scheduler starts Countersign's sweep."
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [local.trust.sweep] })
}

resource "aws_iam_role_policy" "sweep" {
  name = "sweep"
  role = aws_iam_role.sweep.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Sweep"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = var.sweep_arn
    }]
  })
}

locals {
  # Only for schedules of the group, so that nobody else's schedule can use the role.
  trust = {
    for name, group in { timers = aws_scheduler_schedule_group.timers, sweep = aws_scheduler_schedule_group.sweep } : name => {
      Effect                    = "Allow"
      Principal                 = { Service = "scheduler.amazonaws.com" }
      Action                    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account_id, "aws:SourceArn" = group.arn }
      }
    }
  }
}
