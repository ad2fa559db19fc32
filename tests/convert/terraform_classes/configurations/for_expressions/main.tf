locals {
  services = ["billing", "search"]
  stages   = toset(["prod", "dev"])
  tables = {
    for pair in setproduct(local.services, local.stages) :
    "${pair[0]}-${pair[1]}" => { service = pair[0], stage = pair[1] }
    if !(pair[0] == "search" && pair[1] == "dev")
  }
  by_stage = { for name, t in local.tables : t.stage => name... }
  people   = [{ id = 1, likes = ["a", "b"] }, { id = 2, likes = ["c"] }]
  rows     = flatten([for p in local.people : [for i, l in p.likes : { id = "${p.id}-${i}", like = l }]])
}
resource "aws_dynamodb_table" "t" {
  for_each     = local.tables
  name         = join("_", [upper(each.value.service), each.value.stage])
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  tags = {
    for k, v in { service = each.value.service, peers = join("+", local.by_stage[each.value.stage]), none = "" } :
    title(k) => v if v != ""
  }
}
resource "aws_dynamodb_table_item" "likes" {
  for_each   = { for row in local.rows : row.id => row }
  table_name = aws_dynamodb_table.t["billing-prod"].name
  hash_key   = "id"
  item       = <<-ITEM
    {
      "id": {"S": "${each.key}"},
      "like": {"S": "${each.value.like}"},
      "rest": {"L": [%{for n in range(2)}{"N": "${n + 1}"}%{if n < 1},%{endif}%{endfor}]}
    }
  ITEM
}
