"""DynamoDB, as AWS really behaves: one file a concern."""
