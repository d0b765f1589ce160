"""How the catalog's values look on the wire, both ways: a file for each noun."""
