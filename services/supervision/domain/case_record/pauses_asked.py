"""What was asked, and decided, of pauses beyond their limit. Part of `events.py`; nothing counts them."""

from dataclasses import dataclass

from services.supervision.domain.values import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked:
    """The body that asked, and the area that decides."""

    body_id: str
    area_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequestNoted(PauseAsked):
    """A body asked the area to let work wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseApprovalNoted(PauseAsked):
    """The area did; the pause is noted by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRefusalNoted(PauseAsked):
    """The area did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequestLapseNoted(PauseAsked):
    """The area has not decided in time."""


OfRequest = PauseRequestNoted | PauseApprovalNoted | PauseRefusalNoted | PauseRequestLapseNoted
