"""Entrypoint tests of cases."""
