"""An area: its events, situations, commands and decisions, to be read in this order."""

from services.identity.domain.area.decide import AREA

__all__ = ["AREA"]
