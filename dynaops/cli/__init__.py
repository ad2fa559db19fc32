"""The command line, which connects views, engine and stores. Modules here import heavy packages only when needed."""
