variable "off" { default = "false" }
variable "days" {
  type    = string
  default = "14"
}
resource "aws_dynamodb_table" "strings" {
  name                        = "strings"
  hash_key                    = "id"
  range_key                   = null
  billing_mode                = null
  read_capacity               = "10"
  write_capacity              = 1e1
  deletion_protection_enabled = var.off
  stream_enabled              = "false"
  table_class                 = null
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled                 = "true"
    recovery_period_in_days = var.days
  }
  server_side_encryption {
    enabled     = "false"
    kms_key_arn = null
  }
  ttl {
    attribute_name = "expires"
    enabled        = "true"
  }
  tags = {
    number  = 5
    decimal = 1.50
    flag    = true
    gone    = null
  }
}
resource "aws_dynamodb_table" "bare" {
  name           = "bare"
  hash_key       = "id"
  read_capacity  = 1
  write_capacity = 1
  attribute {
    name = "id"
    type = "S"
  }
}
