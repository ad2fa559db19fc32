locals {
  sides = {
    read  = { dimension = "ReadCapacityUnits", metric = "DynamoDBReadCapacityUtilization", min = 2, max = 20 }
    write = { dimension = "WriteCapacityUnits", metric = "DynamoDBWriteCapacityUtilization", min = 1, max = 10 }
  }
  scaled = merge(
    { for side, s in local.sides : "table-${side}" => merge(s, { resource = "table/${aws_dynamodb_table.t.name}", kind = "table" }) },
    { for side, s in local.sides : "index-${side}" => merge(s, { resource = "table/${aws_dynamodb_table.t.name}/index/by-owner", kind = "index" }) },
  )
}
resource "aws_dynamodb_table" "t" {
  name           = "scaled"
  billing_mode   = "PROVISIONED"
  read_capacity  = local.sides.read.min
  write_capacity = local.sides["write"]["min"]
  hash_key       = "id"
  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "owner"
    type = "S"
  }
  global_secondary_index {
    name            = "by-owner"
    hash_key        = "owner"
    projection_type = "ALL"
    read_capacity   = 2
    write_capacity  = 1
  }
}
resource "aws_appautoscaling_target" "t" {
  for_each           = local.scaled
  service_namespace  = "dynamodb"
  resource_id        = each.value.resource
  scalable_dimension = "dynamodb:${each.value.kind}:${each.value.dimension}"
  min_capacity       = each.value.min
  max_capacity       = each.value.max * (each.value.kind == "index" ? 2 : 1)
}
resource "aws_appautoscaling_policy" "t" {
  for_each           = aws_appautoscaling_target.t
  name               = "scale-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = each.value.service_namespace
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 70
    predefined_metric_specification {
      predefined_metric_type = local.scaled[each.key].metric
    }
  }
}
