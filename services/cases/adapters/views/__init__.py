"""The questions cases can answer, one file each."""
