"""A real city for Linli: Los Angeles, January 2020, from its open data."""
