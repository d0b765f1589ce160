"""Reads the city's service requests, row by row, with a stated rule for every kind of dirt."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Los_Angeles")
STATUSES = frozenset({"Closed", "Cancelled", "Open", "Pending", "Referred Out"})


class Rule(Enum):
    """What was done with a row that is not clean; the value is the sentence of the report."""

    NO_COORDINATES = "no coordinates: filed under the city, not under a council"
    BAD_COORDINATES = "coordinates are not a place on the earth: refused"
    COUNCIL_WITHOUT_BOUNDARY = "the council has no boundary in the file: located by coordinates alone"
    CLOSED_WITHOUT_TIME = "closed, but no closing time: closed at the last update"
    END_BEFORE_START = "ended before it was created: refused"
    RESPONSE_IS_A_DATE = (
        "service moment is a date without a time: taken as its midnight, or as the creation if that is later"
    )
    RESPONSE_BEFORE_START = (
        "service date lies before the day of creation: not imported, the rest of the row is"
    )
    RESPONSE_AFTER_END = "service moment lies after the end: not imported, the rest of the row is"
    IN_SPRING_GAP = "a local time that the clock change skipped: moved forward by the hour skipped"
    IN_AUTUMN_FOLD = "a local time that the clock change repeats: taken as the first of the two"
    BAD_TIME = "a time that cannot be read: refused"
    UNKNOWN_STATUS = "a status that the import does not know: refused"
    INCOMPLETE = "number, type, owner or creation time is missing: refused"
    TWICE = "a number that an earlier line has: refused"


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


def read_requests(source: Path, councils: frozenset[str]) -> Iterator[Request | Refused]:
    """Every row of the gzipped CSV at `source`, in order, as a request or a refusal.

    `councils` holds the council numbers that have a boundary. Line 1 is the heading.
    """
    with gzip.open(source, "rb") as packed:
        yield from parse_rows(csv.DictReader(io.TextIOWrapper(packed, "utf-8", newline="")), councils)


def parse_rows(rows: Iterable[dict[str, str]], councils: frozenset[str]) -> Iterator[Request | Refused]:
    """The same, from rows already split into fields."""
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        try:
            request = _request(line, row, councils)
            if request.number in seen:
                raise _Bad(Rule.TWICE, request.number)
        except _Bad as bad:
            yield Refused(line=line, number=row.get("srnumber") or "", rule=bad.rule, detail=bad.detail)
        else:
            seen.add(request.number)
            yield request


def _request(line: int, row: dict[str, str], councils: frozenset[str]) -> Request:
    rules: list[Rule] = []
    for field in ("srnumber", "requesttype", "owner", "createddate"):
        if not row.get(field):
            raise _Bad(Rule.INCOMPLETE, field)
    status = row["status"]
    if status not in STATUSES:
        raise _Bad(Rule.UNKNOWN_STATUS, status)
    created = _moment(row["createddate"], rules)
    ended = _end(row, status, created, rules)
    council = row["nc"] or ""
    if council and council not in councils:
        rules.append(Rule.COUNCIL_WITHOUT_BOUNDARY)
    return Request(
        line=line,
        number=row["srnumber"],
        affair=row["requesttype"],
        owner=row["owner"],
        status=status,
        channel=row["requestsource"] or "",
        anonymous=row["anonymous"] == "Y",
        place=_place(row, rules),
        address=row["address"] or "",
        council=council,
        created=created,
        responded=_response(row, created, ended, rules),
        ended=ended,
        updated=max(created, _moment(row["updateddate"], rules)),
        rules=tuple(dict.fromkeys(rules)),
    )


def _place(row: dict[str, str], rules: list[Rule]) -> tuple[float, float] | None:
    if not row["latitude"] or not row["longitude"]:
        rules.append(Rule.NO_COORDINATES)
        return None
    try:
        latitude, longitude = float(row["latitude"]), float(row["longitude"])
    except ValueError as error:
        raise _Bad(Rule.BAD_COORDINATES, str(error)) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise _Bad(Rule.BAD_COORDINATES, f"{latitude}, {longitude}")
    return latitude, longitude


def _end(row: dict[str, str], status: str, created: datetime, rules: list[Rule]) -> datetime | None:
    if status in {"Open", "Pending"}:
        return None
    if row["closeddate"]:
        ended = _moment(row["closeddate"], rules)
    else:
        rules.append(Rule.CLOSED_WITHOUT_TIME)
        ended = _moment(row["updateddate"], rules)
    if ended < created:
        raise _Bad(Rule.END_BEFORE_START, f"created {row['createddate']}, ended {row['closeddate']}")
    return ended


def _response(
    row: dict[str, str], created: datetime, ended: datetime | None, rules: list[Rule]
) -> datetime | None:
    if not row["servicedate"]:
        return None
    moment = _moment(row["servicedate"], rules)
    if row["servicedate"].endswith(" 0:00"):
        rules.append(Rule.RESPONSE_IS_A_DATE)
        if moment.astimezone(ZONE).date() == created.astimezone(ZONE).date():
            moment = created
    if moment < created:
        rules.append(Rule.RESPONSE_BEFORE_START)
        return None
    if ended is not None and moment > ended:
        rules.append(Rule.RESPONSE_AFTER_END)
        return None
    return moment


def _moment(text: str, rules: list[Rule]) -> datetime:
    """A local time of the file (`1/31/20 14:05`) as UTC, clock changes by the stated rules."""
    try:
        naive = datetime.strptime(text, "%m/%d/%y %H:%M")  # noqa: DTZ007 -- the zone follows
    except ValueError as error:
        raise _Bad(Rule.BAD_TIME, str(error)) from None
    first, second = naive.replace(tzinfo=ZONE), naive.replace(tzinfo=ZONE, fold=1)
    if first.utcoffset() != second.utcoffset():
        skipped = first.astimezone(UTC).astimezone(ZONE).replace(tzinfo=None) != naive
        rules.append(Rule.IN_SPRING_GAP if skipped else Rule.IN_AUTUMN_FOLD)
    # A skipped time read with the offset before the change comes out an hour later: the rule stated.
    return first.astimezone(UTC)
