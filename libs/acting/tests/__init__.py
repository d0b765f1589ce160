"""Tests of acting for somebody."""
