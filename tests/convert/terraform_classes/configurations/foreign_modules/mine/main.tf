variable "name" {}
variable "hash_key" {}
variable "attributes" { type = list(string) }
resource "aws_dynamodb_table" "this" {
  name           = "prefix-${var.name}-v2"
  hash_key       = "real"
  read_capacity  = 3
  write_capacity = length(var.attributes)
  attribute {
    name = "real"
    type = "N"
  }
  point_in_time_recovery {
    enabled = true
  }
}
