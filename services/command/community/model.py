"""What a community file says, as types: the schema is generated from them, and the reader goes by them.

A text has a form (`Form`) where it is more than text: a limit, a date, the id of something else.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field


class Form(msgspec.Struct, frozen=True):
    """What a text must be (`limit`, `day`, `hours`, `zone`, `url`, ... `words`); what it names or defines."""

    name: str = "words"
    refers: str = ""
    defines: str = ""


def _form(
    description: str, *, name: str = "words", refers: str = "", defines: str = "", **rules: Any
) -> Meta:
    form = Form(name=name, refers=refers, defines=defines)
    return Meta(description=description, extra={"form": form}, **rules)


ID = "^[a-z0-9][a-z0-9._-]*$"
CODE = "^[a-z0-9][a-z0-9-]*$"
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = "[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?"
_MOMENT = f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T{_CLOCK}(Z|[+-][0-9]{{2}}:[0-9]{{2}}))?$"
_STRETCH = "([01][0-9]|2[0-4]):[0-5][0-9]-([01][0-9]|2[0-4]):[0-5][0-9]"

Line = Annotated[str, _form("One line of text.", min_length=1, max_length=200)]
Words = Annotated[str, _form("Text.", min_length=1, max_length=1000)]
Word = Annotated[str, _form("A word or a few.", min_length=1, max_length=64)]
Tag = Annotated[
    str, _form("A word for matching: lower case, digits, `-`.", min_length=1, max_length=40, pattern=CODE)
]
Code = Annotated[
    str, _form("A code: it never changes its meaning.", min_length=1, max_length=40, pattern=CODE)
]
Zone = Annotated[str, _form("An IANA time zone, such as `Asia/Shanghai`.", name="zone", max_length=64)]
Day = Annotated[str, _form("A date, `YYYY-MM-DD`.", name="day", pattern=_DAY)]
Moment = Annotated[
    str,
    _form(
        "A date (its midnight in the file's time zone), or a moment: `2026-01-01T08:00:00+08:00`.",
        name="moment",
        pattern=_MOMENT,
    ),
]
Hours = Annotated[
    str,
    _form(
        "Stretches of a day, in order: `09:00-12:00 13:30-17:00`.",
        name="hours",
        pattern=f"^{_STRETCH}( {_STRETCH})*$",
    ),
]
Limit = Annotated[
    str,
    _form(
        "How long something may take: `5 working days`, `4 working hours`, `36 hours`, `7 days`.",
        name="limit",
        pattern="^[1-9][0-9]{0,4} (working )?(hours?|days?)$",
    ),
]

AreaId = Annotated[str, _form("The area's id.", defines="areas", min_length=1, max_length=64, pattern=ID)]
OfArea = Annotated[str, _form("The id of an area.", refers="areas")]
BodyId = Annotated[
    str,
    _form("The body's code; it becomes its id.", defines="bodies", min_length=1, max_length=64, pattern=ID),
]
OfBody = Annotated[str, _form("The id of a body.", refers="bodies")]
AffairId = Annotated[
    str, _form("The affair's id.", defines="affairs", min_length=1, max_length=48, pattern=ID)
]
OfAffair = Annotated[str, _form("The id of an affair.", refers="affairs")]
CalendarId = Annotated[
    str, _form("The calendar's id.", defines="calendars", min_length=1, max_length=64, pattern=ID)
]
OfCalendar = Annotated[str, _form("The id of a calendar.", refers="calendars")]
ServiceId = Annotated[
    str, _form("The service's id.", defines="services", min_length=1, max_length=64, pattern=ID)
]
QualificationId = Annotated[
    str,
    _form("The qualification's id.", defines="qualifications", min_length=1, max_length=64, pattern=ID),
]
OfQualification = Annotated[str, _form("The id of a qualification.", refers="qualifications")]
PostId = Annotated[str, _form("The post's id.", defines="posts", min_length=1, max_length=64, pattern=ID)]
StaffNumber = Annotated[
    str,
    _form("The number in the staff register.", defines="people", min_length=1, max_length=64),
]
LoginName = Annotated[str, _form("The name to log in with.", defines="logins", min_length=1, max_length=100)]

BuildingId = Annotated[
    str, _form("The building's id.", defines="buildings", min_length=1, max_length=64, pattern=ID)
]
OfBuilding = Annotated[str, _form("The id of a building.", refers="buildings")]
Unit = Annotated[
    str, _form("A unit, however it is written: `3-201`, `三单元201室`.", min_length=1, max_length=40)
]
IdNumber = Annotated[
    str,
    _form("The number of an identity document.", defines="members", min_length=1, max_length=64),
]

Level = Literal["city", "district", "street", "community", "grid_cell"]
BodyKind = Literal["government_department", "community_committee", "third_party_provider", "residents_group"]
Role = Literal[
    "resident",
    "grid_worker",
    "dispatcher",
    "case_officer",
    "volunteer",
    "coordinator",
    "supervisor",
    "planner",
]
Evidence = Literal["photo", "document", "signature", "reading"]
Recipient = Literal["dispatcher", "supervisor"]
Status = Literal["active", "suspended", "retired"]
Relation = Literal[
    "reference_person",
    "partner",
    "child",
    "parent",
    "grandparent",
    "grandchild",
    "other_relative",
    "carer",
    "tenant",
    "other",
]
OfHousehold = Literal[
    "year_built",
    "storeys",
    "lifts",
    "rooms",
    "floor_area",
    "vacant",
    "household_size",
    "tenure",
    "household_languages",
    "income_support",
    "note",
]
OfMember = Literal[
    "lives_alone",
    "bedridden",
    "disabled",
    "infant",
    "pregnant",
    "chronic_illness",
    "employed",
    "languages",
]


class _Part(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of the file."""


class Name(_Part, frozen=True, kw_only=True):
    """A text in Chinese, English or both."""

    zh: Annotated[str, _form("Chinese.", min_length=1, max_length=2000)] = ""
    en: Annotated[str, _form("English.", min_length=1, max_length=2000)] = ""


class Choice(_Part, frozen=True, kw_only=True):
    """An entry of a list to choose from."""

    code: Code
    zh: Annotated[str, _form("What it is called in Chinese.", min_length=1, max_length=2000)] = ""
    en: Annotated[str, _form("What it is called in English.", min_length=1, max_length=2000)] = ""


class Area(_Part, frozen=True, kw_only=True):
    """A node of the tree of areas."""

    id: AreaId
    parent: OfArea = ""
    level: Level
    name: Name
    boundary: Annotated[
        dict[str, Any], Meta(description="GeoJSON Polygon or MultiPolygon, WGS 84, longitude first.")
    ] = field(default_factory=dict)
    valid_from: Moment = ""


class Boundaries(_Part, frozen=True, kw_only=True):
    """A GeoJSON file beside this one: a FeatureCollection with the boundary of an area in each feature."""

    file: Annotated[
        str, _form("Its name, `.geojson`, `.json`, or either with `.gz`.", min_length=1, max_length=200)
    ]
    property: Annotated[
        str, _form("The property of a feature that names the area.", min_length=1, max_length=64)
    ]
    prefix: Annotated[
        str,
        _form("What to put before the property's value to get the area's id.", min_length=1, max_length=64),
    ] = ""
    valid_from: Moment = ""


class Body(_Part, frozen=True, kw_only=True):
    """A department, a committee, a provider or a residents' group."""

    id: BodyId
    kind: BodyKind
    name: Name
    area: OfArea


class Grant(_Part, frozen=True, kw_only=True):
    """A role of a person, within an area, for a body, or both."""

    role: Role
    area: OfArea = ""
    body: OfBody = ""


class Qualification(_Part, frozen=True, kw_only=True):
    """A kind of certificate."""

    id: QualificationId
    name: Name
    valid_days: Annotated[int, Meta(ge=0, le=36500)] = 0


class Post(_Part, frozen=True, kw_only=True):
    """A post of a body, with what its holder needs and the roles that its holder acts in."""

    id: PostId
    body: OfBody
    name: Name
    area: OfArea
    needs: Annotated[list[OfQualification], Meta(max_length=20)] = field(default_factory=list)
    roles: Annotated[list[Grant], Meta(max_length=10)] = field(default_factory=list)


class Person(_Part, frozen=True, kw_only=True):
    """A person of staff. Passwords do not belong into a file."""

    staff_number: StaffNumber
    name: Line
    area: OfArea
    login: LoginName = ""
    roles: Annotated[list[Grant], Meta(max_length=50)] = field(default_factory=list)


class Affair(_Part, frozen=True, kw_only=True):
    """A kind of matter."""

    id: AffairId
    parent: OfAffair = ""
    name: Name
    anonymous: bool = False
    keywords: Annotated[list[Word], Meta(max_length=50)] = field(default_factory=list)
    outcomes: Annotated[list[Choice], Meta(max_length=30)] = field(default_factory=list)
    retired: bool = False


class Responsibility(_Part, frozen=True, kw_only=True):
    """Which body answers for an affair (and all below it) in an area (and all below it)."""

    affair: OfAffair
    area: OfArea
    body: OfBody
    legal_basis: Words
    helpers: Annotated[list[OfBody], Meta(max_length=50)] = field(default_factory=list)
    valid_from: Moment = ""
    valid_until: Moment = ""


class Week(_Part, frozen=True, kw_only=True):
    """The hours of each weekday; a day that is left out is free."""

    monday: Hours = ""
    tuesday: Hours = ""
    wednesday: Hours = ""
    thursday: Hours = ""
    friday: Hours = ""
    saturday: Hours = ""
    sunday: Hours = ""


class WorkingDay(_Part, frozen=True, kw_only=True):
    """A half day, or a day worked in exchange; without hours those of the week's first working day."""

    date: Day
    hours: Hours = ""


class Calendar(_Part, frozen=True, kw_only=True):
    """When work is done."""

    id: CalendarId
    name: Name
    time_zone: Zone = ""
    week: Week
    holidays: Annotated[list[Day], Meta(max_length=1000)] = field(default_factory=list)
    working_days: Annotated[list[WorkingDay], Meta(max_length=1000)] = field(default_factory=list)
    days: Annotated[
        Literal["", "china"],
        Meta(description="Whose official days to add, as far as this release knows them."),
    ] = ""
    known_until: Day = ""


class PauseReason(_Part, frozen=True, kw_only=True):
    """Why work may wait, and how long one pause for that reason may take."""

    code: Code
    zh: Annotated[str, _form("What it is called in Chinese.", min_length=1, max_length=2000)] = ""
    en: Annotated[str, _form("What it is called in English.", min_length=1, max_length=2000)] = ""
    limit: Limit


class Pauses(_Part, frozen=True, kw_only=True):
    """The pauses that are allowed; `limit` is for all pauses of a case together."""

    limit: Limit
    reasons: Annotated[list[PauseReason], Meta(max_length=20)] = field(default_factory=list)


class EscalationLevel(_Part, frozen=True, kw_only=True):
    """Who is told, at so many percent of the limit (from 100) or so long after it: one of the two."""

    percent: Annotated[int, Meta(ge=100, le=1000)] = 0
    after: Limit = ""
    recipient: Recipient
    area_level: Level


class Escalation(_Part, frozen=True, kw_only=True):
    """Who is told while a limit is not kept; the next level follows if nobody acknowledges in time."""

    acknowledgement: Limit
    levels: Annotated[list[EscalationLevel], Meta(max_length=3)] = field(default_factory=list)


class MessageLimits(_Part, frozen=True, kw_only=True):
    """How long each party may leave a message without an answer."""

    resident: Limit = ""
    community: Limit = ""
    department: Limit = ""


class Commitment(_Part, frozen=True, kw_only=True):
    """What is promised for an affair, everywhere or in one area. What is left out is as usual."""

    affair: OfAffair
    area: OfArea = ""
    calendar: OfCalendar
    answer: Limit = ""
    dispatch: Limit = ""
    first_response: Limit = ""
    resolution: Limit = ""
    adjudication: Limit = ""
    evidence: Annotated[list[Evidence], Meta(max_length=20)] = field(default_factory=list)
    conditions: Annotated[list[Name], Meta(max_length=20)] = field(default_factory=list)
    confirmation_days: Annotated[int, Meta(ge=1, le=92)] = 7
    reopening_days: Annotated[int, Meta(ge=1, le=731)] = 30
    pauses: Pauses | None = None
    escalation: Escalation | None = None
    reject_reasons: Annotated[list[Choice], Meta(max_length=20)] = field(default_factory=list)
    message_limits: MessageLimits | None = None
    valid_from: Moment = ""


class Eligibility(_Part, frozen=True, kw_only=True):
    """Who may use a service."""

    minimum_age: Annotated[int, Meta(ge=0, le=150)] = 0
    maximum_age: Annotated[int, Meta(ge=0, le=150)] = 0
    groups: Annotated[list[Tag], Meta(max_length=20)] = field(default_factory=list)
    terms: Name | None = None


class Schedule(_Part, frozen=True, kw_only=True):
    """When a service can be used; without a week: by appointment."""

    time_zone: Zone = ""
    week: Week | None = None
    terms: Name | None = None


class Site(_Part, frozen=True, kw_only=True):
    """Where a service can be used."""

    name: Name | None = None
    address: Annotated[str, _form("The address of an organisation.", min_length=1, max_length=500)] = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class Cost(_Part, frozen=True, kw_only=True):
    """What a service costs; `amount_minor` is in the smallest unit of the currency (fen, cents)."""

    free: bool = False
    amount_minor: Annotated[int, Meta(ge=0, le=1_000_000_000_000)] = 0
    currency: Annotated[str, _form("ISO 4217, such as `CNY`.", name="currency", pattern="^[A-Z]{3}$")] = ""
    terms: Name | None = None


class Capacity(_Part, frozen=True, kw_only=True):
    """How many of what."""

    amount: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    unit: Word = ""


class Service(_Part, frozen=True, kw_only=True):
    """What a body offers."""

    id: ServiceId
    body: OfBody
    affair: OfAffair
    areas: Annotated[list[OfArea], Meta(max_length=200)] = field(default_factory=list)
    name: Name
    description: Name | None = None
    eligibility: Eligibility | None = None
    schedule: Schedule | None = None
    places: Annotated[list[Site], Meta(max_length=50)] = field(default_factory=list)
    cost: Cost | None = None
    languages: Annotated[
        list[
            Annotated[
                str,
                _form(
                    "BCP 47.", name="language", max_length=35, pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
                ),
            ]
        ],
        Meta(max_length=20),
    ] = field(default_factory=list)
    accessibility: Annotated[list[Tag], Meta(max_length=20)] = field(default_factory=list)
    capacity: Capacity | None = None
    url: Annotated[str, _form("A web page.", name="url", max_length=500, pattern=r"^https?://\S+$")] = ""
    phone: Annotated[str, _form("The service's telephone number.", min_length=1, max_length=40)] = ""
    status: Status = "active"


class Building(_Part, frozen=True, kw_only=True):
    """A building in an area, with the units of its dwellings."""

    id: BuildingId
    area: OfArea
    address: Annotated[str, _form("Its address, without the unit.", min_length=1, max_length=200)]
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    stands_from: Moment = ""
    units: Annotated[list[Unit], Meta(max_length=1000)] = field(default_factory=list)


class HouseholdFact(_Part, frozen=True, kw_only=True):
    """A fact of a household, its dwelling or its building."""

    kind: OfHousehold
    value: Annotated[str, _form("The value.", min_length=1, max_length=500)]


class MemberFact(_Part, frozen=True, kw_only=True):
    """A fact of a person."""

    kind: OfMember
    value: Annotated[str, _form("The value.", min_length=1, max_length=500)]


class Member(_Part, frozen=True, kw_only=True):
    """A person in a household; found by the number, or registered."""

    national_id: IdNumber
    name: Line
    relation: Relation
    facts: Annotated[list[MemberFact], Meta(max_length=20)] = field(default_factory=list)


class Household(_Part, frozen=True, kw_only=True):
    """People who live together, as a register has them. Personal data: such a file is kept as it is."""

    building: OfBuilding
    unit: Unit
    since: Moment
    members: Annotated[list[Member], Meta(min_length=1, max_length=50)]
    facts: Annotated[list[HouseholdFact], Meta(max_length=20)] = field(default_factory=list)


class Community(_Part, frozen=True, kw_only=True):
    """A community: who is where, answers for what, within which time, and what is offered."""

    linli: Annotated[Literal[1], Meta(description="The version of this format.")]
    time_zone: Annotated[str, _form("The time zone of the dates in this file.", name="zone", max_length=64)]
    valid_from: Annotated[
        str,
        _form(
            "From when boundaries, responsibilities and commitments hold that name no moment of their own.",
            name="moment",
            pattern=_MOMENT,
        ),
    ] = ""
    areas: list[Area] = field(default_factory=list)
    boundaries: list[Boundaries] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    qualifications: list[Qualification] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    affairs: list[Affair] = field(default_factory=list)
    responsibilities: list[Responsibility] = field(default_factory=list)
    calendars: list[Calendar] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)


RESERVED = frozenset({"dwellings"})
"""Keys of what a later release will read."""
