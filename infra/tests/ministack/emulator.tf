# Where the emulator is told to check permissions, it takes every schedule for one of the default group.
resource "aws_iam_role_policy" "schedules_as_the_emulator_names_them" {
  name = "emulator"
  role = split("/", module.countersign.role_arns.worker)[1]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule", "scheduler:UpdateSchedule"]
      Resource = "arn:aws:scheduler:*:*:schedule/default/*"
    }]
  })
}
