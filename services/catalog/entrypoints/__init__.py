"""How the world reaches catalog."""
