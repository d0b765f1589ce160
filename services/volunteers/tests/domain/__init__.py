"""Domain tests of volunteers."""
