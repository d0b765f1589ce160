"""The questions supervision can answer, one file each."""
