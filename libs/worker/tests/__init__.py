"""Tests of the worker's room."""
