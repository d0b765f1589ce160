"""A need for volunteers: its events, situations, commands and decisions."""

from services.volunteers.domain.need.decide import NEED

__all__ = ["NEED"]
