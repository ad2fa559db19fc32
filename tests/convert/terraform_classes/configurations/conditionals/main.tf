variable "environment" { default = "staging" }
variable "capacity" {
  type    = number
  default = null
}
locals {
  production = contains(["prod", "production"], var.environment)
  billing    = var.capacity == null ? "PAY_PER_REQUEST" : "PROVISIONED"
}
resource "aws_dynamodb_table" "always" {
  name                        = local.production ? "users" : "users-${var.environment}"
  hash_key                    = "id"
  billing_mode                = local.billing
  read_capacity               = local.billing == "PROVISIONED" ? var.capacity : null
  write_capacity              = local.billing == "PROVISIONED" ? floor(var.capacity / 2) : null
  table_class                 = local.production ? null : "STANDARD_INFREQUENT_ACCESS"
  deletion_protection_enabled = local.production || var.environment == "staging"
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = !local.production && var.environment != "dev" ? true : false
  }
  ttl {
    attribute_name = "expires"
  }
  timeouts {
    create = "30m"
  }
}
resource "aws_dynamodb_table" "only_in_production" {
  count    = local.production ? 1 : 0
  name     = "audit"
  hash_key = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dynamodb_table" "unless_production" {
  count        = local.production ? 0 : 1
  name         = "debug-${count.index}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dynamodb_table_item" "first" {
  count      = length(aws_dynamodb_table.unless_production)
  table_name = aws_dynamodb_table.unless_production[count.index].name
  hash_key   = aws_dynamodb_table.unless_production[count.index].hash_key
  item       = jsonencode({ id = { S = "first" }, n = { N = "1" } })
}
