"""Which reports may be about the same matter: of the same affair, and from the same place. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.rules.areas import AreaPath
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.values import Point

METRES = 150.0
"""Reports of places farther apart are about different matters."""
DAYS = timedelta(days=30)
"""So long apart weighs as much as `METRES`."""

_BETWEEN = re.compile(r"(?P<numbers>(?<=\d)[\W_]+(?=\d))|[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a report says of a matter: what, where and when. `address` as `address_key` has it."""

    affair_id: str
    area_path: AreaPath
    at: datetime
    point: Point | None
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How near two reports are: in metres, where both say a point; by the same address; in time."""

    metres: float | None
    same_address: bool
    apart: timedelta

    @property
    def distance(self) -> float:
        """One number for place and time; what is nearer has the smaller one."""
        return (self.metres or 0.0) / METRES + self.apart / DAYS


def sighting_of(opened: CaseOpened) -> Sighting:
    """What a report says, whose personal data must be open; nothing that was erased."""
    address = opened.address.value if opened.address else None
    return Sighting(
        affair_id=opened.affair_id,
        area_path=opened.area_path,
        at=opened.at,
        point=point_of(opened),
        address=address_key(address or ""),
    )


def point_of(opened: CaseOpened) -> Point | None:
    """Where it is, as far as that was said and not erased; its personal data must be open."""
    place = opened.place.value if opened.place else None
    return Point.from_words(place) if place else None


def likeness(one: Sighting, other: Sighting) -> Likeness | None:
    """How near two reports are; None if they are not about the same matter.

    An address means something within its area, and says nothing where two points say more.
    """
    if one.affair_id != other.affair_id:
        return None
    same = bool(one.address) and (one.address, one.area_path) == (other.address, other.area_path)
    metres = one.point.metres_to(other.point) if one.point and other.point else None
    if (metres is None and not same) or (metres is not None and metres > METRES):
        return None
    return Likeness(metres=metres, same_address=same, apart=abs(one.at - other.at))


def address_key(address: str) -> str:
    """By which addresses that read alike are equal: no case, width, blanks, marks; numbers stay apart."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold())
    return _BETWEEN.sub(lambda found: " " if found["numbers"] else "", folded)
