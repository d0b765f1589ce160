"""Tests of libs.rpc."""
