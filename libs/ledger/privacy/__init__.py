"""Keys for each person, wrapped by a master key: what enciphers and erases personal data."""
