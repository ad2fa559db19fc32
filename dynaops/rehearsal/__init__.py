"""Rehearsal: a plan carried out on a sandbox that was made to look like the live account. AWS is only read."""
