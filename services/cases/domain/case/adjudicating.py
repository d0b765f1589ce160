"""Adjudication: the next area up decides who must answer, within a limit, or those above it are told."""

from collections.abc import Mapping
from datetime import datetime

from libs.rules.areas import AreaPath, parent_of
from libs.rules.working_time import Counting, NeverAtWork
from services.cases.domain import refusals
from services.cases.domain.case import events
from services.cases.domain.case.situations import CaseFile
from services.cases.domain.clocks import Deadline, adjudication


def opened(file: CaseFile, calendars: Mapping[str, Counting], at: datetime) -> events.AdjudicationOpened:
    """From now on the area above the one that decided so far does, within the limit of the commitment."""
    deciding = parent_of(file.deciding_path) or file.deciding_path
    deadline = _deadline(file, deciding, calendars, at)
    return events.AdjudicationOpened(area_path=deciding, deadline=deadline, at=at)


def _deadline(
    file: CaseFile, deciding: AreaPath, calendars: Mapping[str, Counting], at: datetime
) -> Deadline | None:
    """How long that area may take; None where nothing is promised."""
    promised = next((clock.deadline for clock in file.clocks), None)
    if promised is None or promised.calendar_id not in calendars:
        return None
    calendar = calendars[promised.calendar_id]
    try:
        return adjudication(file.terms.adjudication, promised, calendar, at, deciding, file.terms.escalation)
    except NeverAtWork:
        raise refusals.limit_out_of_reach(promised.calendar_id) from None
