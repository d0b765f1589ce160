"""How much one caller may use of a server: calls per second, calls at the same time, streams."""
