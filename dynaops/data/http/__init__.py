"""Signed HTTP requests to DynamoDB: connections, signatures, proxies and retries below the level of items."""
