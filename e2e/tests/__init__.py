"""Tests of the city import's own rules (no platform needed)."""
