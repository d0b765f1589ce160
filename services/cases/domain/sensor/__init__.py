"""A sensor: its terms, events, situations, commands and decisions, to be read in this order."""

from services.cases.domain.sensor.decide import SENSOR

__all__ = ["SENSOR"]
