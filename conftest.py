"""Gives every test the fixtures of libs.testkit."""

pytest_plugins = ["libs.testkit.plugin"]
