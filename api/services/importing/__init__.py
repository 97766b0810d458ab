"""Files of records: CSV, NDJSON and XLSX, read row by row in constant memory, judged, and issued or archived."""
