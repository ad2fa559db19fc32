locals {
  name        = "${var.name_prefix}${var.table_name}"
  provisioned = var.billing_mode == "PROVISIONED"
  indexes     = { for i in var.global_secondary_indexes : i.name => i }
  sides = var.autoscaling_enabled && local.provisioned ? {
    for side, settings in { Read = var.autoscaling_read, Write = var.autoscaling_write } :
    side => merge(var.autoscaling_defaults, settings) if length(settings) > 0
  } : {}
}
resource "aws_dynamodb_table" "this" {
  count = var.create_table ? 1 : 0

  name                        = local.name
  billing_mode                = var.billing_mode
  hash_key                    = var.hash_key
  range_key                   = var.range_key
  read_capacity               = local.provisioned ? var.read_capacity : null
  write_capacity              = local.provisioned ? var.write_capacity : null
  table_class                 = var.table_class
  deletion_protection_enabled = coalesce(var.deletion_protection_enabled, contains(var.protect_in, var.environment))
  stream_enabled              = var.stream_enabled || length(var.lambda_triggers) > 0
  stream_view_type            = var.stream_enabled ? var.stream_view_type : null

  dynamic "attribute" {
    for_each = var.attributes
    content {
      name = attribute.value.name
      type = attribute.value.type
    }
  }
  dynamic "global_secondary_index" {
    for_each = var.global_secondary_indexes
    content {
      name               = global_secondary_index.value.name
      hash_key           = global_secondary_index.value.hash_key
      range_key          = lookup(global_secondary_index.value, "range_key", null)
      projection_type    = global_secondary_index.value.projection_type
      non_key_attributes = lookup(global_secondary_index.value, "non_key_attributes", null)
      read_capacity      = local.provisioned ? lookup(global_secondary_index.value, "read_capacity", null) : null
      write_capacity     = local.provisioned ? lookup(global_secondary_index.value, "write_capacity", null) : null
    }
  }
  dynamic "local_secondary_index" {
    for_each = var.local_secondary_indexes
    content {
      name            = local_secondary_index.value.name
      range_key       = local_secondary_index.value.range_key
      projection_type = local_secondary_index.value.projection_type
    }
  }
  dynamic "replica" {
    for_each = var.replica_regions
    content {
      region_name = replica.value
    }
  }
  dynamic "on_demand_throughput" {
    for_each = !local.provisioned && (var.on_demand_max_read != null || var.on_demand_max_write != null) ? [1] : []
    content {
      max_read_request_units  = var.on_demand_max_read
      max_write_request_units = var.on_demand_max_write
    }
  }
  ttl {
    enabled        = var.ttl_enabled
    attribute_name = var.ttl_attribute_name
  }
  server_side_encryption {
    enabled     = var.server_side_encryption_enabled
    kms_key_arn = var.server_side_encryption_kms_key_arn
  }
  point_in_time_recovery {
    enabled                 = var.point_in_time_recovery_enabled
    recovery_period_in_days = var.point_in_time_recovery_days
  }
  tags = merge(var.tags, { Name = local.name, environment = var.environment })
}
resource "aws_appautoscaling_target" "table" {
  for_each           = local.sides
  min_capacity       = each.value.min_capacity
  max_capacity       = each.value.max_capacity
  resource_id        = "table/${aws_dynamodb_table.this[0].name}"
  scalable_dimension = "dynamodb:table:${each.key}CapacityUnits"
  service_namespace  = "dynamodb"
}
resource "aws_appautoscaling_policy" "table" {
  for_each           = local.sides
  name               = "DynamoDB${each.key}CapacityUtilization:${aws_appautoscaling_target.table[each.key].resource_id}"
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.table[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.table[each.key].scalable_dimension
  service_namespace  = aws_appautoscaling_target.table[each.key].service_namespace
  target_tracking_scaling_policy_configuration {
    predefined_metric_specification {
      predefined_metric_type = "DynamoDB${each.key}CapacityUtilization"
    }
    scale_in_cooldown  = each.value.scale_in_cooldown
    scale_out_cooldown = each.value.scale_out_cooldown
    target_value       = each.value.target_value
  }
}
resource "aws_backup_vault" "this" {
  count       = var.backup_enabled && var.backup_vault_create ? 1 : 0
  name        = var.backup_vault_name
  kms_key_arn = var.backup_vault_kms_key_arn
}
resource "aws_backup_plan" "this" {
  count = var.backup_enabled ? 1 : 0
  name  = coalesce(var.backup_plan_name, "${local.name}-backup")
  rule {
    rule_name         = "daily"
    target_vault_name = try(aws_backup_vault.this[0].name, var.backup_vault_name)
    schedule          = var.backup_schedule
    start_window      = var.backup_start_window
    completion_window = var.backup_completion_window
    lifecycle {
      delete_after       = var.backup_delete_after_days
      cold_storage_after = var.backup_cold_storage_after_days
    }
  }
}
resource "aws_backup_selection" "this" {
  count        = var.backup_enabled ? 1 : 0
  name         = "${local.name}-selection"
  plan_id      = one(aws_backup_plan.this[*].id)
  iam_role_arn = var.backup_role_arn
  resources    = [aws_dynamodb_table.this[0].arn]
}
resource "aws_dynamodb_table_item" "this" {
  for_each   = var.create_table ? var.table_items : {}
  table_name = aws_dynamodb_table.this[0].name
  hash_key   = aws_dynamodb_table.this[0].hash_key
  item       = jsonencode(each.value)
}
resource "aws_dynamodb_contributor_insights" "this" {
  count      = var.contributor_insights_enabled ? 1 : 0
  table_name = aws_dynamodb_table.this[0].name
}
resource "aws_dynamodb_kinesis_streaming_destination" "this" {
  count      = var.kinesis_stream_arn != null ? 1 : 0
  table_name = aws_dynamodb_table.this[0].name
  stream_arn = var.kinesis_stream_arn
}
resource "aws_lambda_event_source_mapping" "this" {
  for_each          = var.lambda_triggers
  event_source_arn  = aws_dynamodb_table.this[0].stream_arn
  function_name     = each.value.function_name
  batch_size        = each.value.batch_size
  starting_position = each.value.starting_position
  enabled           = each.value.enabled
  dynamic "filter_criteria" {
    for_each = length(each.value.filters) > 0 ? [each.value.filters] : []
    content {
      dynamic "filter" {
        for_each = filter_criteria.value
        content {
          pattern = filter.value
        }
      }
    }
  }
}
resource "aws_cloudwatch_log_group" "this" {
  count             = var.log_group_name != null ? 1 : 0
  name              = var.log_group_name
  retention_in_days = var.log_group_retention_days
}
resource "aws_dynamodb_resource_policy" "this" {
  count        = var.resource_policy != null ? 1 : 0
  resource_arn = aws_dynamodb_table.this[0].arn
  policy       = var.resource_policy
}
output "table_arn" {
  value = try(aws_dynamodb_table.this[0].arn, null)
}
