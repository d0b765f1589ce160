"""The map: how a file of requests is read. Typed; `linli import schema` prints its JSON schema."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from services.command.imports.rules import Action, Rule

Column = str | list[str]
"""A column by its name in the heading, in any case; of several the first that is not blank."""

Step = Literal["open", "started", "resolved", "closed", "withdrawn", "rejected"]
"""How far a case is that stands in a state of the file."""

REFUSE = "refuse"


class File(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How the file is written; what is not said is found out from the file."""

    format: Literal["csv", "xlsx", "jsonl", "json"] | None = None
    encoding: str | None = None
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] | None = None
    sheet: str | None = None
    """Of an Excel file; not said: the first."""
    heading: Annotated[int, Meta(ge=1, le=100)] = 1
    """Of CSV and Excel: the line on which the heading stands."""
    records: str | None = None
    """Of JSON: where the list of requests stands, for instance `requests`; not said: found out."""


class Dates(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How times are written."""

    formats: Annotated[list[str], Meta(min_length=1)] = msgspec.field(default_factory=lambda: ["iso"])
    """Patterns of strptime, or `iso`, `excel`, `epoch_seconds`, `epoch_milliseconds`; tried in order."""
    fold: Literal["first", "second"] = "first"
    """Which of the two a local time is that the clock change repeats, if it is not refused."""


class Columns(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which column holds what. Only `id`, `affair` and `opened` are needed."""

    id: Column
    affair: Column
    opened: Column
    state: Column | None = None
    closed: Column | None = None
    responded: Column | None = None
    updated: Column | None = None
    owner: Column | None = None
    channel: Column | None = None
    latitude: Column | None = None
    longitude: Column | None = None
    area: Column | None = None
    address: Column | None = None
    description: Column | None = None
    anonymous: Column | None = None


class States(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What each state of the file says; without a column of states the closing time decides."""

    values: dict[str, Step] = {}
    otherwise: Step | Literal["refuse"] = "refuse"


class Affairs(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which affair each type is: its id, or its name. Those not listed are looked up by id and name."""

    values: dict[str, str] = {}
    otherwise: str = REFUSE
    """`refuse`, or the affair of all others."""


class Owners(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Who has a case: the body that the column names, or the one of the responsibility list."""

    by: Literal["column", "responsibility"] = "responsibility"
    values: dict[str, str] = {}
    """By id, natural key or name. Those not listed are looked up by them, too."""
    basis: str = "the owner in the city's own register of requests"
    """The legal basis of an assignment that differs from the list."""


class Channels(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """By which channel requests came in: `web`, `phone_operator`, `mobile_app`, ..."""

    values: dict[str, str] = {}
    otherwise: str = "import"
    """The channel of those that are blank or without a column."""


class Place(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Where a request is filed."""

    without: str
    """The area (id or name) of requests that have none of their own: the city."""
    areas: dict[str, str] = {}
    """Areas by the file's words for them. Those not listed are looked up by id and name."""
    pattern: str = "{}"
    """How an area's id or name is made of the file's word, for instance `la-nc-{}`."""


class Outcomes(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Codes for what a file does not tell."""

    resolved: str = "resolved"
    rejected: str = "not-ours"
    affairs: dict[str, str] = {}
    """By affair (id or name): how its requests were resolved, where its list of outcomes is another."""


class Report(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How the report is cut."""

    area_depth: Annotated[int, Meta(ge=1, le=8)] = 2
    """1 is the top area, 2 those below it, ..."""
    areas: str = "By area"
    bodies: str = "By body"
    affairs: str = "By affair"
    notes: list[str] = []
    """Sentences that a reader must know."""


class Map(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How the requests of a system are read from its export."""

    system: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9.-]{0,62}$")]
    """The name under which the numbers stand, for ever: the same for each file of the system."""
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    """The city's name, for the title of the report."""
    zone: Annotated[str, Meta(min_length=1)]
    """On whose clock times are written (tz database) that have no offset."""
    columns: Columns
    place: Place
    file: File = File()
    dates: Dates = Dates()
    states: States = States()
    affairs: Affairs = Affairs()
    owners: Owners = Owners()
    channels: Channels = Channels()
    anonymous: list[str] = msgspec.field(default_factory=lambda: ["y", "yes", "true", "1", "是"])
    """What the column `anonymous` says of a request without a name."""
    blank: list[str] = []
    """Words that mean nothing is there, for instance `N/A`."""
    outcomes: Outcomes = Outcomes()
    rows: dict[str, Literal["repair", "refuse", "skip"]] = {}
    """What is done with rows that are not clean, by rule, where it is not the usual."""
    most_refused: Annotated[float, Meta(ge=0, le=100)] = 50.0
    """Nothing is loaded if more than so many percent of the rows are refused."""
    report: Report = Report()

    def action(self, rule: Rule) -> Action:
        """What is done with a row to which a rule applies."""
        chosen = self.rows.get(rule.value)
        return Action(chosen) if chosen else rule.unless_told


def schema() -> dict[str, object]:
    """The JSON schema of a map."""
    made: dict[str, object] = msgspec.json.schema(Map)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A map of requests", **made}
