"""The only package that calls AWS: shared clients, calls with translated errors, checks of responses."""
