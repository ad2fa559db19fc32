provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { team = "data" }
  }
}
provider "aws" {
  alias  = "east"
  region = "us-east-1"
}
module "shops" {
  source   = "./modules/shop"
  for_each = { de = ["orders", "carts"], fr = ["orders"] }

  country = each.key
  tables  = each.value
}
module "east" {
  source    = "./modules/shop"
  providers = { aws = aws.east }
  country   = "us"
  tables    = ["orders"]
  settings  = { protected = true }
}
resource "aws_dynamodb_tag" "first" {
  resource_arn = module.shops["de"].arns["orders"]
  key          = "first"
  value        = join("-", sort(keys(module.shops)))
}
