variable "stage" { type = string }
variable "sizes" {
  type    = map(number)
  default = { read = 1, write = 1 }
}
variable "flags" {
  type = object({ protected = bool, recover = bool })
}
resource "aws_dynamodb_table" "t" {
  name                        = "files-${var.stage}"
  hash_key                    = "id"
  read_capacity               = var.sizes["read"]
  write_capacity              = var.sizes.write
  deletion_protection_enabled = var.flags.protected
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = var.flags.recover
  }
}
