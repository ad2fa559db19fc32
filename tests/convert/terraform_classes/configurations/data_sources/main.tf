data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_kms_alias" "key" {
  name = "alias/tables"
}
data "aws_ssm_parameter" "suffix" {
  name = "/suffix"
}
data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = ["dynamodb:GetItem"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::123456789012:root"]
    }
    dynamic "condition" {
      for_each = { "aws:SourceVpc" = ["vpc-1"] }
      content {
        test     = "StringEquals"
        variable = condition.key
        values   = condition.value
      }
    }
  }
}
resource "aws_dynamodb_table" "known" {
  name         = "known-${data.aws_region.current.name}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = data.aws_kms_alias.key.target_key_arn
  }
  tags = {
    suffix = data.aws_ssm_parameter.suffix.value
    plain  = "yes"
  }
}
resource "aws_dynamodb_table" "unknown" {
  name         = "unknown-${data.aws_ssm_parameter.suffix.value}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dynamodb_resource_policy" "read" {
  resource_arn = aws_dynamodb_table.known.arn
  policy       = data.aws_iam_policy_document.read.json
}
