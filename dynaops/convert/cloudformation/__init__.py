"""Converts CloudFormation templates, hand-written or synthesised by CDK, and SAM templates."""
