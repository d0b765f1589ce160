"""Tests of what builds the image."""
