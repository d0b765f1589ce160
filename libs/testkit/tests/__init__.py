"""Tests of libs.testkit."""
