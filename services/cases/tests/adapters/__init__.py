"""Adapter tests of cases."""
