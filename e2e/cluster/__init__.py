"""A real Kubernetes of one node, started on this machine out of packages and sources, and what it judges."""
