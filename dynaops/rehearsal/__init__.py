"""Rehearsal: applies a plan to a sandbox that is set up like the live account. AWS is only read."""
