"""All services on one machine: in one process, or as supervised processes."""
