"""How the world reaches volunteers."""
