# What lets a function read secrets, by which of them it needs.
locals {
  secret_arns = merge(module.settings.secret_arns, {
    api    = concat(module.settings.secret_arns.slack, compact([try(var.oidc.client_secret_arn, null)]))
    export = compact([var.export.url_secret_arn])
  })

  read_secrets = { for who, arns in local.secret_arns : who => concat(
    [for found in [[for arn in arns : arn if can(regex(":secretsmanager:", arn))]] : {
      Sid      = "ReadSecrets"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = sort(distinct(found))
    } if length(found) > 0],
    [for found in [[for arn in arns : arn if can(regex(":ssm:", arn))]] : {
      Sid      = "ReadParameters"
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = sort(distinct(found))
    } if length(found) > 0],
    [for keys in [var.secrets_key_arns] : {
      Sid      = "DecryptSecrets"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = keys
      Condition = { StringEquals = { "kms:ViaService" = [
        "secretsmanager.${local.region}.amazonaws.com", "ssm.${local.region}.amazonaws.com",
      ] } }
    } if length(keys) > 0 && length(arns) > 0],
  ) }
}
