"""Reads the city's service requests, row by row, with a stated rule for every kind of dirt."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import Enum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from e2e.city.los_angeles import AFFAIRS, BODIES, CHANNELS, CITY, SINCE, council_id

ZONE = ZoneInfo("America/Los_Angeles")
TIME = "1/31/20 14:05"
"""How the file writes a time: month, day, year, on the city's clock."""

STATUSES = frozenset({"Closed", "Cancelled", "Open", "Pending", "Referred Out"})
TYPES = frozenset(affair.name for affair in AFFAIRS)
UNREADABLE = "\ufffd"
"""What stands for bytes that are no UTF-8."""


class Rule(Enum):
    """What was done with a row that is not clean; the value is the sentence of the report."""

    NO_COORDINATES = "no coordinates: filed under the city, not under a council"
    COUNCIL_ALONE = "no coordinates, but a council: filed under that council"
    BAD_COORDINATES = "coordinates are not a place on the earth: refused"
    COUNCIL_WITHOUT_BOUNDARY = "the council has no boundary in the file: located by coordinates alone"
    CLOSED_WITHOUT_TIME = "closed, but no closing time: closed at the last update"
    END_IS_A_DATE = "a closing date without a time: its midnight, or the creation if that is later"
    END_BEFORE_START = "ended before it was created: refused"
    RESPONSE_IS_A_DATE = "a service date without a time: its midnight, or the creation if that is later"
    RESPONSE_BEFORE_START = (
        "service date lies before the day of creation: not imported, the rest of the row is"
    )
    RESPONSE_AFTER_END = "service moment lies after the end: not imported, the rest of the row is"
    IN_SPRING_GAP = "a local time that the clock change skipped: moved forward by the hour skipped"
    IN_AUTUMN_FOLD = "a local time that the clock change repeats: taken as the first of the two"
    BAD_TIME = "a time that cannot be read: refused"
    BEFORE_THE_CITY = f"created before {SINCE.year}, when the loaded boundaries begin: refused"
    IN_THE_FUTURE = "a time that has not come yet: refused"
    UNKNOWN_STATUS = "a status that the import does not know: refused"
    UNKNOWN_TYPE = "a type that the city does not list: refused"
    UNKNOWN_OWNER = "an owner that is no department of the city: refused"
    UNKNOWN_CHANNEL = "a channel that the import does not know: refused"
    NOT_UTF_8 = "bytes that are no UTF-8: imported with a mark in their place"
    BROKEN_LINE = "a line that does not have the fields of the heading: refused"
    INCOMPLETE = "number, type, owner or creation time is missing: refused"
    TWICE = "a number that an earlier line has: refused"


Row = Mapping[Any, object]
"""A row as the csv module gives it: text by field; values without a field stand under `None`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One service request, clean: times in UTC, blanks as None."""

    line: int
    number: str
    affair: str
    owner: str
    status: str
    channel: str
    anonymous: bool
    place: tuple[float, float] | None  # latitude, longitude
    address: str
    council: str
    filed_under: str  # the area of a request without a place: its council's, or the city
    created: datetime
    responded: datetime | None
    ended: datetime | None
    updated: datetime
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that is not imported, and why."""

    line: int
    number: str
    rule: Rule
    detail: str


class _Bad(Exception):
    """Carries the rule that refuses a row."""

    def __init__(self, rule: Rule, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail


def parse_rows(rows: Iterable[tuple[int, Row]], councils: frozenset[str]) -> Iterator[Request | Refused]:
    """Each row, given with the line on which it ends, as a request or a refusal, in order.

    `councils` holds the council numbers that have a boundary.
    """
    seen: set[str] = set()
    for line, row in rows:
        try:
            request = _request(line, _whole(row), councils)
            if request.number in seen:
                raise _Bad(Rule.TWICE, request.number)
        except _Bad as bad:
            yield Refused(line=line, number=str(row.get("srnumber") or ""), rule=bad.rule, detail=bad.detail)
        else:
            seen.add(request.number)
            yield request


def _whole(row: Row) -> dict[str, str]:
    """The row, if each field of the heading has a value and no value is without a field."""
    if None in row:
        raise _Bad(Rule.BROKEN_LINE, f"cannot be split into its fields: {row[None]}")
    missing = [str(field) for field, value in row.items() if value is None]
    if missing:
        raise _Bad(Rule.BROKEN_LINE, f"missing: {', '.join(missing)}")
    return {str(field): str(value) for field, value in row.items()}


def _request(line: int, row: dict[str, str], councils: frozenset[str]) -> Request:
    rules = [Rule.NOT_UTF_8] if any(UNREADABLE in value for value in row.values()) else []
    _check_known(row)
    status = row["status"]
    created = _creation(row["createddate"], rules)
    ended = _end(row, status, created, rules)
    place, council = _place(row), row["nc"]
    if council and council not in councils:
        rules.append(Rule.COUNCIL_WITHOUT_BOUNDARY)
    return Request(
        line=line,
        number=row["srnumber"],
        affair=row["requesttype"],
        owner=row["owner"],
        status=status,
        channel=row["requestsource"],
        anonymous=row["anonymous"] == "Y",
        place=place,
        address=row["address"],
        council=council,
        filed_under=_filed_under(council if council in councils else "", place, rules),
        created=created,
        responded=_response(row, created, ended, rules),
        ended=ended,
        updated=max(created, _moment(row["updateddate"], rules)),
        rules=tuple(dict.fromkeys(rules)),
    )


def _check_known(row: dict[str, str]) -> None:
    """Refuse what names something that the import has no word for."""
    for field in ("srnumber", "requesttype", "owner", "createddate"):
        if not row.get(field):
            raise _Bad(Rule.INCOMPLETE, field)
    for field, known, rule in (
        ("status", STATUSES, Rule.UNKNOWN_STATUS),
        ("requesttype", TYPES, Rule.UNKNOWN_TYPE),
        ("owner", BODIES, Rule.UNKNOWN_OWNER),
        ("requestsource", CHANNELS, Rule.UNKNOWN_CHANNEL),
    ):
        if row[field] not in known:
            raise _Bad(rule, row[field])


def _place(row: dict[str, str]) -> tuple[float, float] | None:
    if not row["latitude"] or not row["longitude"]:
        return None
    try:
        latitude, longitude = float(row["latitude"]), float(row["longitude"])
    except ValueError as error:
        raise _Bad(Rule.BAD_COORDINATES, str(error)) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise _Bad(Rule.BAD_COORDINATES, f"{latitude}, {longitude}")
    return latitude, longitude


def _filed_under(council: str, place: tuple[float, float] | None, rules: list[Rule]) -> str:
    """The area that the request names; `council` is "" if the row has none with a boundary."""
    if place is None:
        rules.append(Rule.COUNCIL_ALONE if council else Rule.NO_COORDINATES)
    return council_id(council) if council and place is None else CITY


def _creation(text: str, rules: list[Rule]) -> datetime:
    created = _moment(text, rules)
    if created.astimezone(ZONE).date() < SINCE:
        raise _Bad(Rule.BEFORE_THE_CITY, text)
    return created


def _end(row: dict[str, str], status: str, created: datetime, rules: list[Rule]) -> datetime | None:
    if status in {"Open", "Pending"}:
        return None
    text = row["closeddate"] or row["updateddate"]
    if not row["closeddate"]:
        rules.append(Rule.CLOSED_WITHOUT_TIME)
    ended = _within_day(_moment(text, rules), created, Rule.END_IS_A_DATE, rules)
    if ended < created:
        raise _Bad(Rule.END_BEFORE_START, f"created {row['createddate']}, ended {text}")
    return ended


def _response(
    row: dict[str, str], created: datetime, ended: datetime | None, rules: list[Rule]
) -> datetime | None:
    if not row["servicedate"]:
        return None
    moment = _within_day(_moment(row["servicedate"], rules), created, Rule.RESPONSE_IS_A_DATE, rules)
    if moment < created:
        rules.append(Rule.RESPONSE_BEFORE_START)
        return None
    if ended is not None and moment > ended:
        rules.append(Rule.RESPONSE_AFTER_END)
        return None
    return moment


def _within_day(moment: datetime, created: datetime, rule: Rule, rules: list[Rule]) -> datetime:
    """A date without a time stands for its midnight; on the day of creation, for the creation."""
    local = moment.astimezone(ZONE)
    if local.time() != time.min:
        return moment
    rules.append(rule)
    return created if local.date() == created.astimezone(ZONE).date() else moment


def _moment(text: str, rules: list[Rule]) -> datetime:
    """A local time of the file (`1/31/20 14:05`) as UTC, clock changes by the stated rules."""
    try:
        moment, rule = _as_utc(text)
    except ValueError:
        raise _Bad(Rule.BAD_TIME, f"{text[:40]!r} is no time written like {TIME}") from None
    if rule is not None:
        rules.append(rule)
    if moment > datetime.now(UTC):
        raise _Bad(Rule.IN_THE_FUTURE, text)
    return moment


@lru_cache(maxsize=10_000)
def _as_utc(text: str) -> tuple[datetime, Rule | None]:
    """The moment, and the rule if it lies at a clock change. Of six times of a file, five come again."""
    naive = datetime.strptime(text, "%m/%d/%y %H:%M")  # noqa: DTZ007 -- the zone follows
    first, second = naive.replace(tzinfo=ZONE), naive.replace(tzinfo=ZONE, fold=1)
    rule = None
    if first.utcoffset() != second.utcoffset():
        skipped = first.astimezone(UTC).astimezone(ZONE).replace(tzinfo=None) != naive
        rule = Rule.IN_SPRING_GAP if skipped else Rule.IN_AUTUMN_FOLD
    # A skipped time read with the offset before the change comes out an hour later: the rule stated.
    return first.astimezone(UTC), rule
