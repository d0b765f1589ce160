"""Tests of the geometry index."""
