terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "states"
  }
}
moved {
  from = aws_dynamodb_table.before
  to   = aws_dynamodb_table.after["one"]
}
import {
  to = aws_dynamodb_table.plain
  id = "plain"
}
removed {
  from = aws_dynamodb_table.gone
  lifecycle {
    destroy = false
  }
}
check "health" {
  assert {
    condition     = aws_dynamodb_table.plain.name == "plain"
    error_message = "no"
  }
}
resource "aws_dynamodb_table" "after" {
  for_each     = toset(["one"])
  name         = "moved-${each.key}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes = [
      read_capacity, write_capacity, global_secondary_index, ttl, point_in_time_recovery, server_side_encryption, tags,
    ]
  }
}
resource "aws_dynamodb_table" "plain" {
  name           = "plain"
  hash_key       = "id"
  read_capacity  = 1
  write_capacity = 1
  attribute {
    name = "id"
    type = "N"
  }
}
resource "aws_s3_bucket" "b" {
  bucket = "b"
}
output "names" {
  value = [for t in aws_dynamodb_table.after : t.name]
}
