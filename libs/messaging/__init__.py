"""The exchange of events between services."""
