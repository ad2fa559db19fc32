"""load-data and export-data: read rows from files and write them to tables, or export a table's items to files."""
