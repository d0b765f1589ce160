"""What cases keeps of its neighbours' facts: areas, bodies, affairs, who answers, what is promised.

A neighbour's event becomes a fact of our own ledger, so that a decision can be run again on
what was known then, and every view is built from this ledger alone. One stream for each thing
noted; noting the same again is nothing new.
"""

from dataclasses import dataclass
from datetime import date, datetime

from libs.ledger.decider import Decider
from libs.ledger.noted import Note, Noted, noting
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.rules.terms import OUTCOMES, Choice, Level, Terms
from libs.rules.working_time import Calendar, Hours, Week

UNNAMED = Text()


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaNoted:
    """An area exists. `rank` is the place of that in identity's ledger."""

    area_id: str
    area_path: AreaPath
    rank: int
    level: Level | None = None  # not in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEndNoted:
    """There is no such area from `valid_until` on; its ground belongs to the successors."""

    area_id: str
    valid_until: datetime
    successor_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryNoted:
    """An area has this boundary (GeoJSON text) from `valid_from`.

    `rank` is the place of that in identity's ledger: who has held ground longest keeps it.
    """

    area_id: str
    version: int
    boundary: str
    valid_from: datetime
    rank: int = 0  # not in older events: as old as the area


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyNoted:
    """A body exists."""

    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairNoted:
    """An affair exists; `affair_path` names those above it, from the top."""

    affair_id: str
    affair_path: str
    anonymous_allowed: bool
    outcomes: tuple[Choice, ...] = OUTCOMES  # not in older events
    name: Text = UNNAMED  # not in older events
    keywords: tuple[str, ...] = ()  # not in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairRetirementNoted:
    """An affair takes no new cases from a moment on (None: from always, by what was noted before)."""

    affair_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityNoted:
    """A version of an item of the responsibility list, which begins to hold at `valid_from`.

    `valid_until` is the end of the item, for all its versions.
    """

    item_id: str
    version: int
    affair_id: str
    area_id: str
    body_id: str
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityEndNoted:
    """No version of an item holds at `valid_until` or later."""

    item_id: str
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentNoted:
    """A version of what is promised for an affair, in an area (None: everywhere), from `valid_from`."""

    commitment_id: str
    version: int
    affair_id: str
    area_id: str | None
    terms: Terms
    calendar_id: str
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarNoted:
    """A version of a working calendar. `week` begins on Monday; a holiday has no hours.

    It holds from `valid_from` until the next one does; without, as if there had been no other before.
    """

    calendar_id: str
    zone: str
    week: Week
    special: tuple[tuple[date, Hours], ...]
    version: int = 0  # not in older events
    valid_from: datetime | None = None
    known_until: date | None = None  # the last day whose holidays are known, if the catalog says it

    def calendar(self) -> Calendar:
        """What counts by it."""
        return Calendar(
            zone=self.zone,
            week=self.week,
            special=dict(self.special),
            version=self.version,
            known_until=self.known_until,
        )


NotedFact = (
    AreaNoted
    | AreaEndNoted
    | BoundaryNoted
    | BodyNoted
    | AffairNoted
    | AffairRetirementNoted
    | ResponsibilityNoted
    | ResponsibilityEndNoted
    | CommitmentNoted
    | CalendarNoted
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentNoted:
    """Somebody is registered under this id, in which nobody can be recognised.

    What is kept under another id nobody could ever have erased.
    """

    resident_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentErasureNoted:
    """The identity service erased them: the id is nobody's from now on."""

    resident_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentNoted:
    """A resident lets a helper open cases in their name, until a moment."""

    consent_id: str
    resident_id: str
    helper_id: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRevocationNoted:
    """A consent has ended before its time."""

    consent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientNoted:
    """A program may call us: sensors and systems outside the platform may be its own."""

    client_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRetirementNoted:
    """It gets no more tokens."""

    client_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImporterNoted:
    """A person got a role by which they import history: systems outside the platform may be theirs."""

    party_id: str


OwnerFact = ClientNoted | ClientRetirementNoted | ImporterNoted
ResidentFact = ResidentNoted | ResidentErasureNoted
ConsentFact = ConsentNoted | ConsentRevocationNoted

NOTED: Decider[Note[NotedFact], Noted[NotedFact], NotedFact] = noting("noted")
RESIDENT: Decider[Note[ResidentFact], Noted[ResidentFact], ResidentFact] = noting("resident")
CONSENT: Decider[Note[ConsentFact], Noted[ConsentFact], ConsentFact] = noting("consent")
OWNER: Decider[Note[OwnerFact], Noted[OwnerFact], OwnerFact] = noting("owner")
