"""Adjudication: the next area up decides who must answer, within a limit, or those above it are told."""

from collections.abc import Mapping
from datetime import datetime

from libs.rules.areas import AreaPath, parent_of
from libs.rules.working_time import Counting, NeverAtWork
from services.cases.domain.case import events, pausing
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
    """How long that area may take; None where nothing is promised. Refuses CALENDAR_UNKNOWN.

    A calendar that never works stops no objection, and no body from giving a case back: the limit then counts
    day and night.
    """
    promised = next((clock.deadline for clock in file.clocks), None)
    if promised is None:
        return None

    def counted_by(calendar: Counting) -> Deadline:
        limit, escalation = file.terms.adjudication, file.terms.escalation
        return adjudication(limit, promised, calendar, at, deciding, escalation)

    try:
        return counted_by(pausing.counting(promised, calendars))
    except NeverAtWork:
        return counted_by(pausing.ALWAYS)
