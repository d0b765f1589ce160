"""Tests of libs.messaging."""
