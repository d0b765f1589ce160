"""Domain tests of identity."""
