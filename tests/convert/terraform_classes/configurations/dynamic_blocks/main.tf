locals {
  keys = {
    hash  = "pk"
    range = "sk"
  }
  gsis = [
    { name = "one", keys = ["g1pk"], include = [] },
    { name = "two", keys = ["g2pk", "sk"], include = ["a", "b"] },
  ]
  replicas = { "us-east-1" = { pitr = true }, "eu-central-1" = {} }
  encrypt  = true
  key_arn  = ""
}

resource "aws_dynamodb_table" "t" {
  name             = "dynamic"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = local.keys.hash
  range_key        = local.keys["range"]
  stream_enabled   = length(local.replicas) > 0
  stream_view_type = length(local.replicas) > 0 ? "NEW_AND_OLD_IMAGES" : null

  dynamic "attribute" {
    for_each = distinct(concat(values(local.keys), flatten(local.gsis[*].keys)))
    content {
      name = attribute.value
      type = startswith(attribute.value, "g") ? "N" : "S"
    }
  }
  dynamic "global_secondary_index" {
    for_each = { for g in local.gsis : g.name => g }
    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.keys[0]
      range_key          = try(global_secondary_index.value.keys[1], null)
      projection_type    = length(global_secondary_index.value.include) > 0 ? "INCLUDE" : "KEYS_ONLY"
      non_key_attributes = length(global_secondary_index.value.include) > 0 ? global_secondary_index.value.include : null
    }
  }
  dynamic "replica" {
    for_each = local.replicas
    content {
      region_name            = replica.key
      point_in_time_recovery = lookup(replica.value, "pitr", false)
      propagate_tags         = true
    }
  }
  dynamic "server_side_encryption" {
    for_each = local.encrypt ? [local.key_arn] : []
    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value != "" ? server_side_encryption.value : null
    }
  }
  dynamic "ttl" {
    for_each = []
    content {
      attribute_name = "never"
      enabled        = true
    }
  }
}
