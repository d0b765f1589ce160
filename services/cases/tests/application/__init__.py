"""Application tests of cases."""
