"""The small words of the domain: how a report came in, where it is, what it is called elsewhere."""

import re
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from math import asin, cos, radians, sin, sqrt

from libs.ledger.personal import Personal
from libs.rules.receipt_codes import ALPHABET, as_read, letters, typed
from libs.rules.terms import Evidence

_EARTH_METRES = 6_371_009.0


class Channel(Enum):
    """The way a report came in. None has rules of its own: same fields, same clocks."""

    WEB = "web"
    PHONE_OPERATOR = "phone_operator"
    GRID_WORKER = "grid_worker"
    PARTNER_API = "partner_api"
    SMS_RELAY = "sms_relay"
    MOBILE_APP = "mobile_app"
    EMAIL = "email"
    LETTER = "letter"
    FIELD_REPORT = "field_report"
    DESK = "desk"
    IMPORT = "import"
    SENSOR = "sensor"


class Party(Enum):
    """Who takes part in the conversation about a case."""

    RESIDENT = "resident"
    COMMUNITY = "community"
    DEPARTMENT = "department"


class Closing(Enum):
    """Why a case was closed: confirmed by its reporter, or by their silence; or so it says in its history."""

    CONFIRMED = "confirmed"
    SILENCE = "silence"
    HISTORY = "history"


class PauseDecision(Enum):
    """What became of a pause that a body requested. `void`: the body needs it no more."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    VOID = "void"


class CaseState(Enum):
    """What a situation is called."""

    SUBMITTED = "submitted"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place on the earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float

    def in_words(self) -> str:
        """As text, for instance `34.1,-118.4`: to be kept as personal data."""
        return f"{self.latitude!r},{self.longitude!r}"

    def metres_to(self, other: "Point") -> float:
        """How far another place is, along the surface of a sphere of the earth's mean radius."""
        north, south = radians(self.latitude), radians(other.latitude)
        half = sin((north - south) / 2) ** 2
        across = sin(radians(self.longitude - other.longitude) / 2) ** 2
        return 2 * _EARTH_METRES * asin(min(1.0, sqrt(half + cos(north) * cos(south) * across)))

    @classmethod
    def from_words(cls, text: str) -> "Point":
        """The point that `in_words` told."""
        latitude, longitude = text.split(",")
        return cls(latitude=float(latitude), longitude=float(longitude))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalReference:
    """The number that the same matter has in another system."""

    system: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReference:
    """A piece of evidence that lies elsewhere: its kind, and what it must be when it is looked at.

    `digest` is the SHA-256 (hexadecimal digits), `size` in bytes.
    """

    kind: Evidence
    digest: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with what somebody wrote, and lies elsewhere: what it must be when it is looked at.

    `digest` is the SHA-256 (hexadecimal digits), `size` in bytes.
    """

    digest: str
    media_type: str
    size: int


def said(subject: str, text: str) -> Personal | None:
    """A text under the key of whom it is about; None if nothing was said."""
    return Personal(subject, text) if text else None


_PUBLIC_ID = re.compile(rf"[A-Z0-9]{{2,8}}-[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}")


def public_id(prefix: str, case_id: str) -> str:
    """The number that the public uses for a case, for instance `LL-7F3K9-2QD4X`.

    Derived, so that it needs no store of its own, and of 50 bits, so that nobody meets
    another's case by counting upwards.
    """
    number = letters(sha256(f"public/{case_id}".encode()).digest(), 10)
    return f"{prefix}-{number[:5]}-{number[5:]}"


def is_public_id(text: str) -> bool:
    """Whether a text has the form of a public number; there need be no such case."""
    return _PUBLIC_ID.fullmatch(text.upper()) is not None


def public_id_typed(text: str) -> str:
    """A public number as it was given, from what somebody typed from paper; its prefix may be any letters."""
    whole = typed(text)
    prefix, number = whole[:-10], as_read(whole[-10:])
    return f"{prefix}-{number[:5]}-{number[5:]}"
