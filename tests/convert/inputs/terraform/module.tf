# A music shop's tables, with the public module.
provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { Owner = "music" }
  }
}

variable "environment" {
  type    = string
  default = "staging"
}

locals {
  prefix = "music-${var.environment}"
  tags = {
    Terraform   = "true"
    Environment = var.environment
  }
}

module "songs" {
  source  = "terraform-aws-modules/dynamodb-table/aws"
  version = "~> 4.0"

  name                        = "${local.prefix}-songs"
  hash_key                    = "id"
  range_key                   = "title"
  table_class                 = "STANDARD"
  deletion_protection_enabled = false

  attributes = [
    {
      name = "id"
      type = "N"
    },
    {
      name = "title"
      type = "S"
    },
    {
      name = "age"
      type = "N"
    },
  ]

  global_secondary_indexes = [
    {
      name               = "TitleIndex"
      hash_key           = "title"
      range_key          = "age"
      projection_type    = "INCLUDE"
      non_key_attributes = ["id"]

      on_demand_throughput = {
        max_write_request_units = 10
        max_read_request_units  = 10
      }
    },
  ]

  on_demand_throughput = {
    max_read_request_units  = 20
    max_write_request_units = 20
  }

  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"

  ttl_enabled        = true
  ttl_attribute_name = "expires"

  resource_policy = <<-POLICY
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "AllowDummyRoleAccess",
          "Effect": "Allow",
          "Principal": { "AWS": "arn:aws:iam::123456789012:role/reader" },
          "Action": "dynamodb:GetItem",
          "Resource": "__DYNAMODB_TABLE_ARN__"
        }
      ]
    }
  POLICY

  timeouts = { create = "30m" }
  tags     = merge(local.tags, { Kind = "songs" })
}

module "plays" {
  source = "terraform-aws-modules/dynamodb-table/aws"

  name           = "${local.prefix}-plays"
  hash_key       = "id"
  range_key      = "played_at"
  billing_mode   = "PROVISIONED"
  read_capacity  = 5
  write_capacity = 5

  autoscaling_enabled = true
  autoscaling_read = {
    scale_in_cooldown  = 50
    scale_out_cooldown = 40
    target_value       = 45
    max_capacity       = 10
  }
  autoscaling_write = {
    max_capacity = 10
  }
  autoscaling_indexes = {
    ByTime = {
      read_max_capacity  = 30
      read_min_capacity  = 10
      write_max_capacity = 30
      write_min_capacity = 10
    }
  }

  attributes = [
    { name = "id", type = "S" },
    { name = "played_at", type = "S" },
    { name = "station", type = "S" },
  ]
  global_secondary_indexes = [
    {
      name            = "ByTime"
      hash_key        = "station"
      range_key       = "played_at"
      projection_type = "ALL"
      read_capacity   = 10
      write_capacity  = 10
    },
  ]

  server_side_encryption_enabled = true
  point_in_time_recovery_enabled = true
}

module "vpc" {
  source = "terraform-aws-modules/vpc/aws"
  cidr   = "10.0.0.0/16"
}
