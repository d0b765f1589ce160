"""Tests of libs.telemetry."""
