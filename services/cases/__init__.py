"""The cases service: one matter, worked together."""
