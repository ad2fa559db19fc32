"""AWS's own engines for data that outgrow one machine: ImportTable, StartBulkPutItems, ExportTableToPointInTime."""
