"""Tests of libs.ledger."""
