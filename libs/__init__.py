"""Plumbing that the five services share; nothing here knows a service."""
