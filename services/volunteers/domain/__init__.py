"""What volunteers decides: commands, events, states."""
