"""Tests of two releases side by side."""
