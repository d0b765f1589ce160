"""What an application asks of a view: reach, filters, conditions, pages, freshness, listings."""
