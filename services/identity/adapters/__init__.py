"""How identity stores, publishes and reads."""
