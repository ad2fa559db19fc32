"""Backups: made, listed, deleted, restored and verified. Every write is an Operation for the engine's runner."""
