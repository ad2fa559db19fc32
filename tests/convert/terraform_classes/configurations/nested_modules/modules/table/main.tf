variable "label" {}
variable "prefix" {
  type     = string
  default  = "x-"
  nullable = false
}
variable "settings" { type = any }
locals {
  key = jsondecode(file("${path.module}/key.json"))
}
resource "aws_dynamodb_table" "this" {
  name                        = "${var.prefix}${lower(var.label)}"
  hash_key                    = local.key.name
  billing_mode                = "PAY_PER_REQUEST"
  table_class                 = var.settings.class
  deletion_protection_enabled = var.settings.protected
  attribute {
    name = local.key.name
    type = local.key.type
  }
}
output "arn" {
  value = aws_dynamodb_table.this.arn
}
