"""One file a command or group of commands. What is heavy is imported where it is used."""
