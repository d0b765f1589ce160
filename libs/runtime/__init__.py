"""Settings, roles and the shell in which every service runs."""
