"""Application tests of identity."""
