"""How volunteers stores, publishes and reads."""
