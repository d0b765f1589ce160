"""`make chaos`: load and faults on a cluster of real processes, and a checker of what is left."""
