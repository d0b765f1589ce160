"""Tests of the checker: what it says of ledgers in which something is wrong."""
