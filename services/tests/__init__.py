"""Tests of what the five services have in common."""
