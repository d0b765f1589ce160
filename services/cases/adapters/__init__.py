"""How cases stores, publishes and reads."""
