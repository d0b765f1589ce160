"""Who read whose personal data: the view of it that every service has, and the rpcs that list it."""
