"""Tests of what applications ask of views."""
