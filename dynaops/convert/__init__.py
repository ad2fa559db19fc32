"""Specs of what other tools describe: Terraform, CloudFormation, CDK, SAM, and the answers of the AWS CLI.

Each format reads its files into `Pieces` (tables, and the resources around them), and writes into `Notes` everything
that a spec cannot hold; `assemble` combines the pieces into specs. Nothing here calls AWS.
"""
