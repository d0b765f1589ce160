"""Domain tests of cases."""
