"""The words of identity that have rules of their own: levels, names, natural keys, grants."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from libs.rules.areas import NOWHERE, AreaPath, within


class Level(StrEnum):
    """Where an area stands in the tree, the highest first; a tree may skip levels."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID_CELL = "grid_cell"

    def is_below(self, other: "Level") -> bool:
        """Whether an area of this level may have a parent of the other."""
        order = list(Level)
        return order.index(self) > order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a caller may use of each server process."""

    calls_per_second: int
    concurrent_calls: int
    streams: int


class BodyKind(StrEnum):
    """The four kinds of body."""

    GOVERNMENT_DEPARTMENT = "government_department"
    COMMUNITY_COMMITTEE = "community_committee"
    THIRD_PARTY_PROVIDER = "third_party_provider"
    RESIDENTS_GROUP = "residents_group"


class Role(StrEnum):
    """What a person may be, within an area, for a body, or both. Scopes follow from the role."""

    RESIDENT = "RESIDENT"
    GRID_WORKER = "GRID_WORKER"
    DISPATCHER = "DISPATCHER"
    CASE_OFFICER = "CASE_OFFICER"
    VOLUNTEER = "VOLUNTEER"
    COORDINATOR = "COORDINATOR"
    SUPERVISOR = "SUPERVISOR"
    PLANNER = "PLANNER"
    DATA_PROTECTION_OFFICER = "DATA_PROTECTION_OFFICER"
    PARTNER = "PARTNER"
    OPERATOR = "OPERATOR"


TWO_PERSONS = frozenset({Role.OPERATOR, Role.DATA_PROTECTION_OFFICER})
"""Roles that nobody grants alone: one person nominates, another approves."""
ORDINARY = frozenset({Role.RESIDENT, Role.VOLUNTEER})
"""Roles without an office: people who are merged hold no others, and a merged login gives no others."""
NEVER_TOGETHER = (frozenset({Role.OPERATOR, Role.DATA_PROTECTION_OFFICER}),)
"""Roles of which no party may hold two: who runs the platform does not guard its personal data."""


class KeyKind(StrEnum):
    """What makes a person or a body the same one again: the kind of a natural key."""

    NATIONAL_ID = "national_id"
    PHONE = "phone"
    STAFF_NUMBER = "staff_number"
    REGISTRATION_NUMBER = "registration_number"
    LOCAL_CODE = "local_code"
    EMAIL = "email"
    HOUSEHOLD_REGISTER = "household_register"


class Relation(StrEnum):
    """What somebody is to the reference person of the household."""

    REFERENCE_PERSON = "reference_person"
    PARTNER = "partner"
    CHILD = "child"
    PARENT = "parent"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    OTHER_RELATIVE = "other_relative"
    CARER = "carer"
    TENANT = "tenant"
    OTHER = "other"


KEYS_OF_RESIDENTS = frozenset(KeyKind) - {KeyKind.REGISTRATION_NUMBER}
KEYS_OF_BODIES = frozenset({KeyKind.REGISTRATION_NUMBER, KeyKind.LOCAL_CODE})
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What an id looks like that was given by hand: an area's, or a body's local code."""


def _bare(text: str) -> str:
    """The letters and digits of a text, without case."""
    return "".join(each for each in text.casefold() if unicodedata.category(each)[0] in "LMN")


MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
"""The address of a mailbox (RFC 5321) without quotes, comments or letters beyond ASCII."""


@dataclass(frozen=True, slots=True)
class NaturalKey:
    """A number or code that the world outside uses for a person or a body.

    Two spellings of one key are one key: compare `normal`, never `value`.
    """

    kind: KeyKind
    value: str

    @property
    def normal(self) -> str:
        """The kind and the value's letters and digits, without case; of a phone its plus, too.

        The value comes in the form that the contract declares for its kind (E.164 for a phone): all that
        is left to forgive are the signs between the digits. A local code is an id of our own: it is taken
        literally. Of an e-mail address only case is forgiven; of a page in a household register, its zeros.
        """
        return f"{self.kind.value}:{self._normal_value()}"

    def _normal_value(self) -> str:
        match self.kind:
            case KeyKind.LOCAL_CODE:
                return self.value
            case KeyKind.EMAIL:
                return self.value.casefold()
            case KeyKind.HOUSEHOLD_REGISTER:
                number, _, page = self.value.rpartition("/")
                return f"{_bare(number)}/{_bare(page).lstrip('0')}" if _bare(number) else _bare(page)
            case KeyKind.PHONE:
                kept = _bare(self.value)
                return f"+{kept}" if kept and self.value.startswith("+") else kept
            case KeyKind.NATIONAL_ID | KeyKind.STAFF_NUMBER | KeyKind.REGISTRATION_NUMBER:
                return _bare(self.value)

    @property
    def dialled_from_anywhere(self) -> bool:
        """Whether it is a phone number with its country code: others are several people's."""
        return self.kind is not KeyKind.PHONE or self.normal.startswith(f"{self.kind.value}:+")

    @property
    def is_blank(self) -> bool:
        """Whether nothing is left of the value once it is normalised."""
        return self.normal == f"{self.kind.value}:"

    def __repr__(self) -> str:
        """Never shows the value: a natural key of a person is personal data."""
        return f"NaturalKey({self.kind.value})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """How far a right reaches: an area and all below it, a body, both, or everywhere ("" both)."""

    area_id: str = ""
    area_path: AreaPath = NOWHERE
    body_id: str = ""

    @property
    def everywhere(self) -> bool:
        """Whether it has no limit."""
        return self == Within()

    def covers(self, other: "Within") -> bool:
        """Whether a right that reaches so far reaches the other, too."""
        in_area = within(other.area_path, self.area_path)
        return in_area and self.body_id in ("", other.body_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encroachment:
    """Where a boundary and that of an area do not go together: a point of it, its size, since when."""

    area_id: str
    longitude: float
    latitude: float
    square_metres: float
    since: datetime

    def __str__(self) -> str:
        """In words."""
        where = f"at longitude {self.longitude:.6f}, latitude {self.latitude:.6f}"
        return f"{where} ({self.square_metres:.0f} square metres)"


def grant_id(party_id: str, role: Role, within: Within, post_id: str = "") -> str:
    """The id of a grant: the same right for the same party is the same grant; by a post, another one."""
    by_post = f"|{post_id}" if post_id else ""
    text = f"{party_id}|{role.value}|{within.area_id}|{within.body_id}{by_post}"
    return sha256(text.encode()).hexdigest()[:32]
