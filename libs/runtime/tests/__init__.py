"""Tests of libs.runtime."""
