"""Logs, metrics and traces, at the walls."""
