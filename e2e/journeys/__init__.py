"""Stories told over the real wire."""
