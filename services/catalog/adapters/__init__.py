"""How catalog stores, publishes and reads."""
