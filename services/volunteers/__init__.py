"""The volunteers service: who can help."""
