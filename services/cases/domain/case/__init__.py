"""A case: its events, situations, commands and decisions, to be read in this order."""

from services.cases.domain.case.decide import CASE

__all__ = ["CASE"]
