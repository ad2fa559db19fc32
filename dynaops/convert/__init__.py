"""Specs of what other tools describe: Terraform, CloudFormation, CDK, SAM, and the answers of the AWS CLI.

Each format reads its files into `Pieces` (tables, and what goes around them), telling `Notes` of all that a spec cannot
say; `assemble` puts the pieces together into specs. Nothing here talks to AWS.
"""
