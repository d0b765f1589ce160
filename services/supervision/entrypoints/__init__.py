"""How the world reaches supervision."""
