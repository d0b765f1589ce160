"""Entrypoint tests of supervision."""
