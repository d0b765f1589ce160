"""Tests of disclosures."""
