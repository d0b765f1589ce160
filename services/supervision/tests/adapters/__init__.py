"""Adapter tests of supervision."""
