"""What is written in files: the project file, and how its settings compose with specs."""
