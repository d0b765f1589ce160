"""What volunteers offers and how it reacts."""
