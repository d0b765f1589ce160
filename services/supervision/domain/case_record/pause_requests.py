"""Requests for pauses beyond their limit, and what was decided. Part of `events.py`; nothing counts them."""

from dataclasses import dataclass

from services.supervision.domain.values import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequestFact:
    """The body that requested a pause, and the area that decides."""

    body_id: str
    area_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequestNoted(PauseRequestFact):
    """A body requested it of the area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseApprovalNoted(PauseRequestFact):
    """The area did; the pause is noted by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRefusalNoted(PauseRequestFact):
    """The area did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequestLapseNoted(PauseRequestFact):
    """The area has not decided in time."""


OfRequest = PauseRequestNoted | PauseApprovalNoted | PauseRefusalNoted | PauseRequestLapseNoted
