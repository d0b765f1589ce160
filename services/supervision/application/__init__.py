"""What supervision offers and how it reacts."""
