"""A community by one file: its format, what is wrong with it, and how a platform becomes what it says."""
