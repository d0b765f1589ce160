"""What cases offers and how it reacts."""
