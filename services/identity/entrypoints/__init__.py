"""How the world reaches identity."""
