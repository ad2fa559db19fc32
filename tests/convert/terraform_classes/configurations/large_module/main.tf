module "sessions" {
  source = "./modules/dynamodb"

  table_name     = "sessions"
  hash_key       = "session_id"
  billing_mode   = "PROVISIONED"
  read_capacity  = 10
  write_capacity = 5
  attributes     = [{ name = "session_id", type = "S" }, { name = "user_id", type = "S" }]
  global_secondary_indexes = [
    { name = "by-user", hash_key = "user_id", projection_type = "KEYS_ONLY", read_capacity = 10, write_capacity = 5 },
  ]
  ttl_enabled         = true
  ttl_attribute_name  = "expires_at"
  stream_enabled      = true
  autoscaling_enabled = true
  autoscaling_read    = { min_capacity = 10, max_capacity = 200 }
  autoscaling_write   = { min_capacity = 5, max_capacity = 100, target_value = 60 }

  backup_enabled           = true
  backup_vault_name        = "sessions"
  backup_vault_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/backups"
  backup_schedule          = "cron(0 3 * * ? *)"
  backup_delete_after_days = 30
  backup_role_arn          = "arn:aws:iam::123456789012:role/backup"

  table_items = {
    root  = { session_id = { S = "root" }, level = { N = "9" } }
    guest = { session_id = { S = "guest" } }
  }
  contributor_insights_enabled = true
  lambda_triggers = {
    watch = { function_name = "session-watch", batch_size = 50 }
  }
  environment = "prod"
  tags        = { application = "shop" }
}
