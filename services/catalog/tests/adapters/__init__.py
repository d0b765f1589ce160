"""Adapter tests of catalog."""
