"""What shows that a service forgets, and says so when it has."""
