module "label" {
  source     = "cloudposse/label/null"
  version    = "0.25.0"
  namespace  = "eg"
  name       = "orders"
  attributes = ["public"]
}
module "mine" {
  source     = "./mine"
  name       = "orders"
  hash_key   = "ignored"
  attributes = ["x"]
}
module "elsewhere" {
  source     = "app.terraform.io/acme/dynamodb-table/aws"
  name       = "acme"
  hash_key   = "id"
  attributes = [{ name = "id", type = "S" }]
}
module "songs" {
  source       = "terraform-aws-modules/dynamodb-table/aws"
  version      = "~> 4.0"
  name         = "songs"
  hash_key     = "id"
  attributes   = [{ name = "id", type = "S" }]
  ttl_enabled  = true
  ttl_attribute_name = "gone"
}
