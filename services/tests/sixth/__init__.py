"""Gardens: a service for a test, which is copied into a folder of its own and run from there."""
