"""The questions identity can answer, one file each."""
