"""What identity decides: commands, events, states."""
