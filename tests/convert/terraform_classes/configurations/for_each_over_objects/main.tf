variable "tables" {
  type = map(object({
    hash_key    = string
    range_key   = optional(string)
    billing     = optional(string, "PAY_PER_REQUEST")
    read        = optional(number)
    write       = optional(number)
    protected   = optional(bool, true)
    recovery    = optional(object({ enabled = optional(bool, true), days = optional(number, 35) }), {})
    ttl         = optional(string)
    indexes     = optional(map(object({ hash_key = string, projection = optional(string, "ALL") })), {})
    tags        = optional(map(string), {})
  }))
  default = {
    orders = {
      hash_key  = "customer"
      range_key = "id"
      indexes   = { by_id = { hash_key = "id" } }
      tags      = { kind = "orders" }
    }
    carts = {
      hash_key  = "id"
      billing   = "PROVISIONED"
      read      = "5"
      write     = 2
      protected = false
      recovery  = { days = 7 }
      ttl       = "expires"
    }
    logs = {
      hash_key = "id"
      recovery = { enabled = false }
    }
  }
}

resource "aws_dynamodb_table" "this" {
  for_each = var.tables

  name                        = "shop-${each.key}"
  hash_key                    = each.value.hash_key
  range_key                   = each.value.range_key
  billing_mode                = each.value.billing
  read_capacity               = each.value.read
  write_capacity              = each.value.write
  deletion_protection_enabled = each.value.protected
  tags                        = merge({ owner = "shop" }, each.value.tags)

  dynamic "attribute" {
    for_each = toset(compact(concat([each.value.hash_key, each.value.range_key], [for i in each.value.indexes : i.hash_key])))
    content {
      name = attribute.value
      type = "S"
    }
  }
  dynamic "global_secondary_index" {
    for_each = each.value.indexes
    iterator = index
    content {
      name            = replace(index.key, "_", "-")
      hash_key        = index.value.hash_key
      projection_type = index.value.projection
    }
  }
  dynamic "ttl" {
    for_each = each.value.ttl[*]
    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }
  point_in_time_recovery {
    enabled                 = each.value.recovery.enabled
    recovery_period_in_days = each.value.recovery.days
  }
}
