"""Entrypoint tests of identity."""
