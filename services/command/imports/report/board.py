"""What the scoreboard knows of the requests of the file, asked for the report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from linli.supervision.v1 import supervision_service_pb2 as supervision

_LONGEST = 10
"""How many of the cases that have been open longest are listed."""

Row = supervision.ScoreboardRow
OpenCase = supervision.OpenCase


class Asked(Protocol):
    """A platform whose supervision can be asked."""

    @property
    def supervision(self) -> Any:
        """Its rpcs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What the city calls things, and how its report is cut; moments are told on the clock of its `zone`."""

    name: str
    zone: str = "UTC"
    area_depth: int = 2  # of the table by areas: 1 is the top area, 2 those below it, ...
    areas: str = "By area"
    bodies: str = "By body"
    affairs: str = "By affair"
    least_depth: int = 2  # a case in an area above that is said to be in none
    area: str = "area"
    body: str = "body"
    affair: str = "affair"

    def local(self, moment: datetime) -> datetime:
        """The moment on the city's clock."""
        return moment.astimezone(ZoneInfo(self.zone))


UNNAMED = Cut(name="Requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """When the first and the last request of the file were created, and the last moment that it names.

    Cases opened outside of it are not the file's, but were made by somebody who tried the platform.
    """

    first: datetime
    last: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the report; `without` names the row of cases that belong to none."""

    title: str
    without: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Board:
    """The scoreboard: all cases in one row, the tables, when open cases were judged, and which they are.

    `crews` is the row of the cases that the city's own crews reported.
    """

    whole: Row
    sections: Sequence[Section]
    judged: datetime
    waiting: Sequence[OpenCase] = ()
    crews: Row = field(default_factory=Row)
    cut: Cut = UNNAMED
    held: bool = False
    """The clocks do not run for these cases yet: nothing tells of limits that pass without an answer."""


def read_board(
    city: Asked, revision: str, period: Period, cut: Cut = UNNAMED, *, held: bool = False
) -> Board:
    """By area, body and affair; waits until the scoreboard has seen `revision`.

    Only cases opened in the period count, and open ones are judged at its end.
    """

    def ask(grouping: int, depth: int = 0) -> Any:
        request = supervision.GetScoreboardRequest(
            group_by=grouping,  # type: ignore[arg-type]  # one of the enum's
            area_depth=depth,
            cases_at_least=revision,
        )
        request.opened_from_time.FromDatetime(period.first)
        request.opened_until_time.FromDatetime(period.last + timedelta(seconds=1))
        request.judged_time.FromDatetime(period.until)
        return city.supervision.get_scoreboard(request)

    whole = ask(supervision.GROUPING_ALL)
    sections = (
        Section(cut.areas, f"(in no {cut.area})", ask(supervision.GROUPING_AREA, cut.area_depth).rows),
        Section(cut.bodies, f"(with no {cut.body})", ask(supervision.GROUPING_BODY).rows),
        Section(cut.affairs, f"(of no {cut.affair})", ask(supervision.GROUPING_AFFAIR).rows),
    )
    channels = {row.group_id: row for row in ask(supervision.GROUPING_CHANNEL).rows}
    return Board(
        whole=whole.rows[0] if whole.rows else Row(),
        sections=sections,
        judged=cut.local(whole.judged_time.ToDatetime(UTC)),
        waiting=_longest_open(city, revision, period),
        crews=channels.get("field_report", Row()),
        cut=cut,
        held=held,
    )


def _longest_open(city: Asked, revision: str, period: Period) -> Sequence[OpenCase]:
    opened = f'opened_time >= "{_written(period.first)}" AND opened_time <= "{_written(period.last)}"'
    request = supervision.ListLongestOpenRequest(page_size=_LONGEST, filter=opened, cases_at_least=revision)
    listed: Sequence[OpenCase] = city.supervision.list_longest_open(request).cases
    return listed


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
