# One item for each part, all in one partition: they are read by one query.
resource "aws_dynamodb_table_item" "this" {
  for_each   = var.items
  table_name = var.table_name
  hash_key   = "pk"
  range_key  = "sk"

  item = jsonencode({
    pk      = { S = "S#settings" }
    sk      = { S = each.key }
    body    = { S = each.value }
    version = { N = "1" }
    token   = { S = "terraform-${substr(sha256(each.value), 0, 16)}" }
  })
}
