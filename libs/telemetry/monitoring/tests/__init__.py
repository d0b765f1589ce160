"""Tests of what the platform is watched by."""
