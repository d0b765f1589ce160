"""Application tests of volunteers."""
