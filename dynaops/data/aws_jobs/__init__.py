"""AWS's own jobs for large data: ImportTable, StartBulkPutItems, ExportTableToPointInTime."""
