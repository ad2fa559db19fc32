"""load-data and export-data: files to rows and rows to tables, with nothing lost on the way."""
