locals {
  readers = ["alice", "bob"]
  policy = templatefile("${path.module}/policy.json.tftpl", {
    readers = local.readers
    actions = ["dynamodb:GetItem", "dynamodb:Query"]
    account = "123456789012"
  })
  name = trimspace(<<-EOT
    %{~ if length(local.readers) > 1 ~}
    shared
    %{~ else ~}
    single
    %{~ endif ~}
  EOT
  )
}
resource "aws_dynamodb_table" "t" {
  name         = "tpl-${local.name}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  tags = {
    greeting = "Hello %{for i, r in local.readers}%{if i > 0} and %{endif}${title(r)}%{endfor}"
    slug     = replace(lower("My Table: (v1.0)"), "/[^a-z0-9]+/", "-")
    version  = regex("v(\\d+)", "table-v12")[0]
  }
}
resource "aws_dynamodb_table_item" "literal" {
  table_name = aws_dynamodb_table.t.name
  hash_key   = "id"
  item       = jsonencode({ id = { S = "100%% $${not} a \"template\"\tend" } })
}
resource "aws_dynamodb_resource_policy" "p" {
  resource_arn = aws_dynamodb_table.t.arn
  policy       = local.policy
}
