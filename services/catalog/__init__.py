"""The catalog service: what is offered, and who answers for it."""
