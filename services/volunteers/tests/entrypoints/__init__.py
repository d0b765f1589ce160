"""Entrypoint tests of volunteers."""
