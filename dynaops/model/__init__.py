"""The nouns: frozen data that every other part speaks in. Imports pydantic and nothing of ours outside this package."""
