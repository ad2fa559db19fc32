"""Commands of states and workspaces."""
