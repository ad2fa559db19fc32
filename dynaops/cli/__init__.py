"""The command line: the only place where views, engine and stores meet. Modules here import nothing heavy."""
