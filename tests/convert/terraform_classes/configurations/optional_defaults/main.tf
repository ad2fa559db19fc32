resource "aws_dynamodb_table" "t" {
  name                        = "${var.table.name}-${var.table.tuple[0]}-${var.table.tuple[1]}"
  billing_mode                = var.table.capacity == null ? "PAY_PER_REQUEST" : "PROVISIONED"
  read_capacity               = try(var.table.capacity.read, null)
  write_capacity              = try(var.table.capacity.write, null)
  hash_key                    = var.table.attributes[0].name
  stream_enabled              = var.table.stream.enabled
  stream_view_type            = var.table.stream.view
  deletion_protection_enabled = var.table.protect
  tags                        = var.table.labels
  dynamic "attribute" {
    for_each = var.table.attributes
    content {
      name = attribute.value.name
      type = attribute.value.type
    }
  }
  server_side_encryption {
    enabled = var.table.encryption.enabled
  }
}
