"""Domain tests of supervision."""
