"""export-data: a table's rows into a file, read by several segments at once, for load-data to make that table of."""
