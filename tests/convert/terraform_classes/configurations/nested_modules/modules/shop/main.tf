variable "country" { type = string }
variable "tables" { type = set(string) }
variable "settings" {
  type    = object({ protected = optional(bool, false), class = optional(string, "STANDARD") })
  default = {}
}
module "table" {
  source   = "../table"
  for_each = var.tables

  label    = title(each.key)
  prefix   = "${var.country}-"
  settings = var.settings
}
output "arns" {
  value = { for name, table in module.table : name => table.arn }
}
