"""What supervision decides: commands, events, states."""
