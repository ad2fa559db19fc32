variable "create_table" {
  type    = bool
  default = true
}
variable "table_name" { type = string }
variable "name_prefix" {
  type    = string
  default = ""
}
variable "environment" {
  type    = string
  default = "dev"
}
variable "hash_key" { type = string }
variable "range_key" {
  type    = string
  default = null
}
variable "attributes" {
  type    = list(map(string))
  default = []
}
variable "billing_mode" {
  type    = string
  default = "PAY_PER_REQUEST"
}
variable "read_capacity" {
  type    = number
  default = null
}
variable "write_capacity" {
  type    = number
  default = null
}
variable "on_demand_max_read" {
  type    = number
  default = null
}
variable "on_demand_max_write" {
  type    = number
  default = null
}
variable "table_class" {
  type    = string
  default = null
}
variable "deletion_protection_enabled" {
  type    = bool
  default = null
}
variable "protect_in" {
  type    = set(string)
  default = ["prod"]
}
variable "global_secondary_indexes" {
  type    = any
  default = []
}
variable "local_secondary_indexes" {
  type    = any
  default = []
}
variable "replica_regions" {
  type    = any
  default = []
}
variable "stream_enabled" {
  type    = bool
  default = false
}
variable "stream_view_type" {
  type    = string
  default = "NEW_AND_OLD_IMAGES"
}
variable "ttl_enabled" {
  type    = bool
  default = false
}
variable "ttl_attribute_name" {
  type    = string
  default = ""
}
variable "server_side_encryption_enabled" {
  type    = bool
  default = true
}
variable "server_side_encryption_kms_key_arn" {
  type    = string
  default = null
}
variable "point_in_time_recovery_enabled" {
  type    = bool
  default = true
}
variable "point_in_time_recovery_days" {
  type    = number
  default = null
}
variable "autoscaling_enabled" {
  type    = bool
  default = false
}
variable "autoscaling_defaults" {
  type    = map(string)
  default = { scale_in_cooldown = 0, scale_out_cooldown = 0, target_value = 70 }
}
variable "autoscaling_read" {
  type    = map(string)
  default = {}
}
variable "autoscaling_write" {
  type    = map(string)
  default = {}
}
variable "autoscaling_indexes" {
  type    = map(map(string))
  default = {}
}
variable "autoscaling_schedules" {
  type    = map(any)
  default = {}
}
variable "backup_enabled" {
  type    = bool
  default = false
}
variable "backup_vault_name" {
  type    = string
  default = null
}
variable "backup_vault_create" {
  type    = bool
  default = true
}
variable "backup_vault_kms_key_arn" {
  type    = string
  default = null
}
variable "backup_plan_name" {
  type    = string
  default = null
}
variable "backup_schedule" {
  type    = string
  default = "cron(0 5 * * ? *)"
}
variable "backup_start_window" {
  type    = number
  default = null
}
variable "backup_completion_window" {
  type    = number
  default = null
}
variable "backup_delete_after_days" {
  type    = number
  default = 35
}
variable "backup_cold_storage_after_days" {
  type    = number
  default = null
}
variable "backup_role_arn" {
  type    = string
  default = null
}
variable "iam_read_only_enabled" {
  type    = bool
  default = false
}
variable "iam_write_only_enabled" {
  type    = bool
  default = false
}
variable "iam_policy_path" {
  type    = string
  default = "/"
}
variable "iam_attach_to_roles" {
  type    = list(string)
  default = []
}
variable "resource_policy" {
  type    = string
  default = null
}
variable "table_items" {
  type    = any
  default = {}
}
variable "contributor_insights_enabled" {
  type    = bool
  default = false
}
variable "contributor_insights_mode" {
  type    = string
  default = null
}
variable "kinesis_stream_arn" {
  type    = string
  default = null
}
variable "kinesis_precision" {
  type    = string
  default = null
}
variable "lambda_triggers" {
  type = map(object({
    function_name     = string
    batch_size        = optional(number, 100)
    starting_position = optional(string, "LATEST")
    enabled           = optional(bool, true)
    filters           = optional(list(string), [])
  }))
  default = {}
}
variable "log_group_name" {
  type    = string
  default = null
}
variable "log_group_retention_days" {
  type    = number
  default = 30
}
variable "timeouts" {
  type    = map(string)
  default = {}
}
variable "tags" {
  type    = map(string)
  default = {}
}
