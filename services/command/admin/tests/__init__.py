"""Tests of `linli admin`."""
