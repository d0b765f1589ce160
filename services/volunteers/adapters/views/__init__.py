"""The questions volunteers can answer, one file each."""
