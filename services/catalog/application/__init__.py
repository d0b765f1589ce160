"""What catalog offers and how it reacts."""
