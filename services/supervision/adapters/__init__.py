"""How supervision stores, publishes and reads."""
