data "aws_caller_identity" "current" {}

variable "lambda_role" {
  default = "order-worker"
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order_id"
  range_key    = "created_at"

  dynamic "attribute" {
    for_each = { order_id = "S", created_at = "S", customer = "S" }
    content {
      name = attribute.key
      type = attribute.value
    }
  }

  global_secondary_index {
    name            = "by-customer"
    hash_key        = "customer"
    range_key       = "created_at"
    projection_type = "KEYS_ONLY"
  }

  local_secondary_index {
    name            = "by-customer-local"
    range_key       = "customer"
    projection_type = "ALL"
  }

  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  server_side_encryption {
    enabled = true
  }
  point_in_time_recovery {
    enabled = true
  }
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  lifecycle {
    prevent_destroy = true
    ignore_changes  = [read_capacity, write_capacity]
  }

  tags = {
    team = "shop"
  }
}

resource "aws_lambda_function" "worker" {
  function_name = "order-worker"
  role          = "arn:aws:iam::123456789012:role/order-worker"
  handler       = "index.handler"
}

resource "aws_lambda_event_source_mapping" "worker" {
  event_source_arn                   = aws_dynamodb_table.orders.stream_arn
  function_name                      = aws_lambda_function.worker.arn
  starting_position                  = "LATEST"
  batch_size                         = 25
  maximum_batching_window_in_seconds = 5
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]
  filter_criteria {
    filter {
      pattern = jsonencode({ eventName = ["INSERT"] })
    }
  }
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/aws/lambda/${aws_lambda_function.worker.function_name}"
  retention_in_days = 14
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = ["dynamodb:GetItem", "dynamodb:Query"]
    resources = [aws_dynamodb_table.orders.arn, "${aws_dynamodb_table.orders.arn}/index/*"]
  }
}

resource "aws_iam_policy" "read" {
  name   = "orders-read"
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = var.lambda_role
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_dynamodb_contributor_insights" "orders" {
  table_name = aws_dynamodb_table.orders.name
}

resource "aws_dynamodb_table_item" "first" {
  table_name = aws_dynamodb_table.orders.name
  hash_key   = aws_dynamodb_table.orders.hash_key
  range_key  = aws_dynamodb_table.orders.range_key
  item       = <<ITEM
{"order_id": {"S": "0"}, "created_at": {"S": "2024-01-01"}, "total": {"N": "9.95"}}
ITEM
}

resource "aws_backup_vault" "nightly" {
  name = "orders-nightly"
}

resource "aws_backup_plan" "nightly" {
  name = "orders-nightly"
  rule {
    rule_name         = "nightly"
    target_vault_name = aws_backup_vault.nightly.name
    schedule          = "cron(0 3 * * ? *)"
    lifecycle {
      delete_after = 35
    }
  }
}

resource "aws_backup_selection" "nightly" {
  iam_role_arn = "arn:aws:iam::123456789012:role/backup-worker"
  name         = "orders"
  plan_id      = aws_backup_plan.nightly.id
  resources    = [aws_dynamodb_table.orders.arn]
}
