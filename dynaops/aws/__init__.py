"""The only place that talks to AWS: lazy clients, reads and writes with translated errors, waits."""
