"""Tests of the import of requests."""
