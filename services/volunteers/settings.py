"""What the volunteers service is told, besides what every service is told."""

from dataclasses import dataclass
from datetime import timedelta

from libs.runtime.config.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteersSettings:
    """Read from `LINLI_VOLUNTEERS_...`."""

    offer_lasts: timedelta = setting(
        timedelta(days=1), doc="time to answer an offer, if the coordinator names none", minimum=60
    )
    matching_effort: float = setting(
        10.0, doc="deterministic seconds that a proposal may search", minimum=0.1, maximum=600
    )
