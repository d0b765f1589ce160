"""The supervision service: everybody can check."""
