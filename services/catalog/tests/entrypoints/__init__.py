"""Entrypoint tests of catalog."""
