"""A post: its events, situations, commands and decisions, to be read in this order."""

from services.identity.domain.post.decide import POST

__all__ = ["POST"]
