"""Files of requests, read row by row: CSV, Excel, JSON; compressed or not; in whichever encoding."""
