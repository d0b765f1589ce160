"""The questions catalog can answer, one file each."""
