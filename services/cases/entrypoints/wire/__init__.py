"""Between messages and the words of the domain, both ways: one set for the service."""
