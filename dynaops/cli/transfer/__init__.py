"""Commands that load and export items."""
