"""dynaops: plan and apply DynamoDB tables and everything around them."""

__version__ = "0.1.0"
