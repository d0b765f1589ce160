"""The stored events of cases, under the names they keep for ever."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from libs.forgetting import telling
from libs.geo.cells import Cells
from libs.ledger.consented import ConsentEndNoted, ConsentGivenNoted
from libs.ledger.delegated import DelegationEndNoted, DelegationNoted
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.personal import Personal
from libs.ledger.store.blinding import Blinding
from libs.ledger.store.mapper import Events
from libs.query import sought
from libs.rules.terms import of_limits
from services.cases.adapters.months import month_of
from services.cases.domain import case_areas, conversation, external_system, incident, locating, noted
from services.cases.domain.case import events
from services.cases.domain.likeness import METRES, sighting_of
from services.cases.domain.sensor import events as sensor


def _content(event: events.CaseContentErased) -> tuple[str, ...]:
    return (event.case_id,)


_PUBLISHED = {
    "case_opened.v1": events.CaseOpened,
    "case_routed.v1": events.CaseRouted,
    "case_unowned.v1": events.CaseUnowned,
    "case_accepted.v1": events.CaseAccepted,
    "case_returned.v1": events.CaseReturned,
    "adjudication_opened.v1": events.AdjudicationOpened,
    "case_reassigned.v1": events.CaseReassigned,
    "work_started.v1": events.WorkStarted,
    "case_paused.v1": events.CasePaused,
    "pause_warned.v1": events.PauseWarned,
    "pause_lapsed.v1": events.PauseLapsed,
    "case_resumed.v1": events.CaseResumed,
    "note_added.v1": events.NoteAdded,
    "reporter_answered.v1": events.ReporterAnswered,
    "case_resolved.v1": events.CaseResolved,
    "case_confirmed.v1": events.CaseConfirmed,
    "case_closed.v1": events.CaseClosed,
    "case_withdrawn.v1": events.CaseWithdrawn,
    "case_rejected.v1": events.CaseRejected,
    "rejection_contested.v1": events.RejectionContested,
    "case_reopened.v1": events.CaseReopened,
    "deadline_warned.v1": events.DeadlineWarned,
    "deadline_breached.v1": events.DeadlineBreached,
    "case_escalated.v1": events.CaseEscalated,
    "escalation_acknowledged.v1": events.EscalationAcknowledged,
    "moment_annulled.v1": events.MomentAnnulled,
    "pause_requested.v1": events.PauseRequested,
    "pause_approved.v1": events.PauseApproved,
    "pause_refused.v1": events.PauseRefused,
    "pause_request_lapsed.v1": events.PauseRequestLapsed,
    "case_merged.v1": events.CaseMerged,
    "case_unmerged.v1": events.CaseUnmerged,
    "duplicate_added.v1": events.DuplicateAdded,
    "duplicate_removed.v1": events.DuplicateRemoved,
    "case_content_erased.v1": events.CaseContentErased,
    "message_sent.v1": conversation.MessageSent,
    "message_overdue.v1": conversation.MessageOverdue,
    "case_located.v1": case_areas.CaseLocated,
}
_PRIVATE = {
    "case_released.v1": events.CaseReleased,
    "cases_located.v1": locating.CasesLocated,
    "external_system_registered.v1": external_system.ExternalSystemRegistered,
    "external_system_transferred.v1": external_system.ExternalSystemTransferred,
    "sensor_registered.v1": sensor.SensorRegistered,
    "readings_taken.v1": sensor.ReadingsTaken,
    "alarm_raised.v1": sensor.AlarmRaised,
    "alarm_ended.v1": sensor.AlarmEnded,
    "sensor_retired.v1": sensor.SensorRetired,
    "incident_opened.v1": incident.IncidentOpened,
    "alarm_linked.v1": incident.AlarmLinked,
    "linked_alarm_ended.v1": incident.LinkedAlarmEnded,
    "area_noted.v1": noted.AreaNoted,
    "area_end_noted.v1": noted.AreaEndNoted,
    "boundary_noted.v1": noted.BoundaryNoted,
    "body_noted.v1": noted.BodyNoted,
    "affair_noted.v1": noted.AffairNoted,
    "affair_retirement_noted.v1": noted.AffairRetirementNoted,
    "responsibility_noted.v1": noted.ResponsibilityNoted,
    "responsibility_end_noted.v1": noted.ResponsibilityEndNoted,
    "commitment_noted.v2": noted.CommitmentNoted,
    "calendar_noted.v1": noted.CalendarNoted,
    "resident_noted.v1": noted.ResidentNoted,
    "resident_erasure_noted.v1": noted.ResidentErasureNoted,
    "consent_given_noted.v1": ConsentGivenNoted,
    "consent_end_noted.v1": ConsentEndNoted,
    "delegation_noted.v1": DelegationNoted,
    "delegation_end_noted.v1": DelegationEndNoted,
    "consent_noted.v1": noted.ConsentNoted,
    "consent_revocation_noted.v1": noted.ConsentRevocationNoted,
    "client_noted.v1": noted.ClientNoted,
    "client_retirement_noted.v1": noted.ClientRetirementNoted,
    "importer_noted.v1": noted.ImporterNoted,
    "personal_data_disclosed.v1": PersonalDataDisclosed,
}


def _with_terms(fields: dict[str, Any]) -> dict[str, Any]:
    """A commitment said two limits; the rest of its terms are the usual ones."""
    return {**fields, "terms": msgspec.to_builtins(of_limits(fields))}


def searched(event: events.CaseEvent) -> tuple[Personal | None, ...]:
    """The texts by which staff find a case: what was reported, and what its reporter can read of the answers.

    Neither how to reach the reporter, nor what colleagues noted for each other.
    """
    match event:
        case events.CaseOpened(description=description, address=address):
            return (description, address)
        case events.ReporterAnswered(text=text) | events.NoteAdded(text=text, to_reporter=True):
            return (text,)
        case events.CaseResolved(outcome=outcome):
            return (outcome,)
        case _:
            return ()


def _month(opened: events.CaseOpened) -> list[Personal]:
    """The month of a report, unless its reporter was erased."""
    said = (opened.description, opened.address, opened.contact, opened.place)
    if any(text is not None and text.value is None for text in said):
        return []
    return [Personal(opened.reporter_id or opened.case_id, month_of(opened.at))]


TEXT = Blinding(
    kind="text",
    texts=dict.fromkeys(
        ("case_opened.v1", "reporter_answered.v1", "note_added.v1", "case_resolved.v1"), searched
    ),
    words=sought.terms,
    marks={"case_opened.v1": _month},
    by_area=True,
)
"""By which words a case is found, and by the month in which it was opened: other terms in each area.

A report without a text has the term of its month, too: an answer to it may add words.
"""

_CELLS = Cells(METRES)


def places_of(opened: events.CaseOpened, cells_of: Callable[[float, float], Iterable[str]]) -> list[str]:
    """By which places a report is found; its personal data must be open.

    The affair is part of each: so the same place has other terms for another affair. An address
    means something within its area.
    """
    sighting = sighting_of(opened)
    point, address = sighting.point, sighting.address
    cells = cells_of(point.latitude, point.longitude) if point else ()
    addresses = [f"{sighting.area_path} {address}"] if address else []
    return [f"{sighting.affair_id} {place}" for place in (*cells, *addresses)]


def around(opened: events.CaseOpened) -> list[str]:
    """What those are found by whose report may be about the same matter."""
    return places_of(opened, _CELLS.around)


def of_months(opened: events.CaseOpened, months: Iterable[str]) -> list[str]:
    """What those cases of the same affair are found by that were opened in some months, and say a place."""
    return [f"{opened.affair_id} {month}" for month in months]


def _placed(opened: events.CaseOpened) -> list[Personal]:
    whose = opened.place or opened.address
    places = places_of(opened, lambda latitude, longitude: [_CELLS.of(latitude, longitude)])
    words = [*places, *of_months(opened, [month_of(opened.at)])] if places else []
    return [Personal(whose.subject, word) for word in words] if whose else []


PLACE = Blinding(kind="place", marks={"case_opened.v1": _placed})
"""At which places a case is found: a coarse cell, and the address as it was written; and in which month it
was opened. In all areas by the same terms, for a street that is a border lies in two.
"""

EVENTS = Events(
    service="cases",
    types={**_PUBLISHED, **_PRIVATE, **telling.PUBLISHED, **telling.PRIVATE},
    upcasts={"commitment_noted.v1": ("commitment_noted.v2", _with_terms)},
    private=frozenset({*_PRIVATE, *telling.PRIVATE}),
    personal={
        "case_opened.v1": {
            "place": "ADDRESS",
            "description": "REPORT",
            "address": "ADDRESS",
            "contact": "CONTACT",
        },
        "note_added.v1": {"text": "CORRESPONDENCE"},
        "reporter_answered.v1": {"text": "CORRESPONDENCE"},
        "case_resolved.v1": {"outcome": "CORRESPONDENCE"},
        "case_withdrawn.v1": {"reason": "REASON"},
        "rejection_contested.v1": {"reason": "REASON"},
        "case_reopened.v1": {"reason": "REASON"},
        "message_sent.v1": {"text": "CORRESPONDENCE"},
        "sensor_registered.v1": {"description": "REPORT"},
    },
    erasures={"case_content_erased.v1": _content},
    blinded=(TEXT, PLACE),
)
