"""Parses blocks of input to rows that are ready to send, and checks DynamoDB's rules for items."""
