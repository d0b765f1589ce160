"""Adapter tests of identity."""
