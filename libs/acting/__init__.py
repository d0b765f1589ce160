"""Acting for somebody: consents as a service hears of them, and the lists of what was done in whose name."""
