"""What identity offers and how it reacts."""
