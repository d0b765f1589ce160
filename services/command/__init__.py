"""The `linli` command line: one file a group of commands; `__main__` is the start of every process."""
