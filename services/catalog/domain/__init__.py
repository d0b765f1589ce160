"""What catalog decides: commands, events, states."""
