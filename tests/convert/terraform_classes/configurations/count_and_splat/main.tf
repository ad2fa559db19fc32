variable "names" {
  type    = list(string)
  default = ["alpha", "beta", "gamma"]
}
resource "aws_dynamodb_table" "t" {
  count            = length(var.names)
  name             = format("%02d-%s", count.index + 1, element(var.names, count.index))
  hash_key         = "id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = count.index == 1
  stream_view_type = count.index == 1 ? "NEW_IMAGE" : null
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dynamodb_contributor_insights" "all" {
  for_each   = toset(aws_dynamodb_table.t[*].name)
  table_name = each.value
}
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn  = one([for t in aws_dynamodb_table.t : t.stream_arn if t.stream_enabled])
  function_name     = "worker"
  starting_position = "LATEST"
  batch_size        = 25
}
resource "aws_dynamodb_tag" "last" {
  resource_arn = element(aws_dynamodb_table.t.*.arn, length(aws_dynamodb_table.t) - 1)
  key          = "position"
  value        = "last"
}
