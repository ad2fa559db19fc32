"""export-data: writes a table's items to a file by a parallel Scan, in forms that load-data can load again."""
