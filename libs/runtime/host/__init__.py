"""One process that runs services: the shell, its roles, readiness and probes."""
