"""Application tests of supervision."""
