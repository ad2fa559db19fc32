"""Create, list, delete, restore and verify backups. Every write is an Operation that the engine's runner executes."""
