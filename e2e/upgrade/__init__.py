"""Two releases side by side: the last released one and this working tree, on one database and broker."""
