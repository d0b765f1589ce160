"""What a process is configured with: settings, secrets, addresses, and refusals at start-up."""
