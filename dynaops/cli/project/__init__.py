"""Commands of the project file."""
