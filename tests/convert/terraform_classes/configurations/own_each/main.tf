locals {
  rows = { b = { table = "one" }, a = { table = "two" } }
}
resource "aws_dynamodb_table" "t" {
  for_each     = { one = "first", two = "second" }
  name         = "${each.key}-${each.value}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  tags = { me = each.key }
}
resource "aws_dynamodb_table_item" "row" {
  for_each   = local.rows
  table_name = aws_dynamodb_table.t[each.value.table].name
  hash_key   = aws_dynamodb_table.t[each.value.table].hash_key
  item       = jsonencode({ id = { S = each.key } })
}
resource "aws_dynamodb_kinesis_streaming_destination" "k" {
  stream_arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/k"
  table_name = values(aws_dynamodb_table.t)[1].name
}
resource "aws_dynamodb_contributor_insights" "i" {
  table_name = aws_dynamodb_table.t["one"].tags["me"] == "one" ? aws_dynamodb_table.t["one"].id : "none"
}
