"""Tests of waiting between tries."""
