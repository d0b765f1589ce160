"""Tests of channels and of what sends by them."""
