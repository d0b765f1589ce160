"""The official days of countries: holidays, and days worked in exchange, from libraries that keep them."""

from collections.abc import Callable, Mapping
from datetime import date

from chinese_calendar import constants

from libs.telemetry import logs
from services.catalog.domain.working_time import KnownDays, OfficialDays

_log = logs.get("catalog.calendars")


def china() -> KnownDays:
    """China's, as the State Council announces them each autumn for the next year (chinesecalendar)."""
    last = max(*constants.holidays, *constants.workdays)
    return KnownDays(
        holidays=sorted(constants.holidays),
        worked=sorted(constants.workdays),
        until=date(last.year, 12, 31),
    )


OFFICIAL: Mapping[OfficialDays, Callable[[], KnownDays]] = {OfficialDays.CHINA: china}


def say_how_far() -> None:
    """Log until when official days are known."""
    for country, known in OFFICIAL.items():
        _log.info("official days are known", of=country.value, until=known().until.isoformat())
