"""Adapter tests of volunteers."""
