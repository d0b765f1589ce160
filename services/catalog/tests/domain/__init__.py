"""Domain tests of catalog."""
