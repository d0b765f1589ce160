"""Application tests of catalog."""
