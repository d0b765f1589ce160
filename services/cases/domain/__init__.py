"""What cases decides: commands, events, states."""
