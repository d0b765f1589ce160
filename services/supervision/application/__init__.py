"""What supervision offers."""
