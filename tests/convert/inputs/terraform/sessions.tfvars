# Variables of the module that dynaops replaces.
table_name   = "sessions"
hash_key     = "session_id"
billing_mode = "PROVISIONED"
read_capacity  = 10
write_capacity = 5

attributes = [
  { name = "session_id", type = "S" },
  { name = "user_id", type = "S" },
]

global_secondary_indexes = [
  {
    name            = "by-user"
    hash_key        = "user_id"
    projection_type = "KEYS_ONLY"
    read_capacity   = 5
    write_capacity  = 5
  },
]

ttl = {
  attribute = "expires_at"
}

autoscaling = {
  read  = { min = 10, max = 200, target_utilization = 70 }
  write = { min = 5, max = 100 }
  indexes = "all"
}

point_in_time_recovery = true
tags = {
  application = "shop"
}
dax_cluster_size = 3
