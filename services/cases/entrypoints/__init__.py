"""How the world reaches cases."""
