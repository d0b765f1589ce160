"""Which cases are to be located by newer boundaries than those they were located by, and how many are left?

All that say a place and were opened before the newest boundary was noted. Of those opened later only the ones
that were opened without knowing it, or by a release that does not ask, or that other boundaries put
elsewhere: for the others all is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.freshness import Fresh
from services.cases.domain.case.events import CaseOpened, CaseRouted, CaseUnowned
from services.cases.domain.locating import CasesLocated, Located
from services.cases.domain.noted import AreaEndNoted, BoundaryNoted

_NEWEST = "newest"


class PlacedRow(TypedDict):
    """A case that says a place, and where its opening was recorded."""

    case_id: str
    position: int
    unsure: bool


class GroundRow(TypedDict):
    """Where the newest boundary, or end of an area, was noted."""

    what: str
    known: int


class DoneRow(TypedDict):
    """How far cases were located, as in `domain.locating.CasesLocated`."""

    what: str
    known: int
    until: int


PLACED = Table.of("placed", PlacedRow, key=("case_id",), indexes=("position", "(position) WHERE unsure"))
GROUND = Table.of("ground", GroundRow, key=("what",))
DONE = Table.of("done", DoneRow, key=("what",))


class Unlocated(View):
    """A row for each case that says a place, one for the newest change of the ground, one for progress."""

    name = "unlocated"
    tables = (PLACED, GROUND, DONE)
    version = 2

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """At the routing, whether the case says a place, and what there was to know."""
        if isinstance(recorded.event, CaseRouted | CaseUnowned):
            return (("placed", recorded.subject_id), ("ground", _NEWEST))
        return ()

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep where cases were opened, and by which ground."""
        match recorded.event:
            case CaseOpened(case_id=case_id, place=place, point=point, redrawn=redrawn):
                if place is not None or point is not None:
                    unsure = redrawn is not False  # a release that does not ask may have opened it
                    rows.put(PLACED, PlacedRow(case_id=case_id, position=recorded.position, unsure=unsure))
            case CaseRouted(decision=decision) | CaseUnowned(decision=decision):
                row, ground = rows.get(PLACED, recorded.subject_id), rows.get(GROUND, _NEWEST)
                if row and ground and decision.question.known < ground["known"]:
                    rows.change(PLACED, recorded.subject_id, unsure=True)
            case BoundaryNoted() | AreaEndNoted():
                rows.put(GROUND, GroundRow(what=_NEWEST, known=recorded.position))
            case CasesLocated(known=known, until=until):
                rows.put(DONE, DoneRow(what=_NEWEST, known=known, until=until))
            case _:
                pass


VIEW = Unlocated()


def next_of(cursor: Cursor[DictRow], done: Located, most: int) -> tuple[int, Mapping[str, int]]:
    """For the ground of which position, and the next cases with the positions of their openings.

    That is the newest ground, or an earlier one while a pass for it is under way. Of the cases opened since
    then none is read but the unsure ones: it is asked all the time, mostly for nothing.
    """
    ground = cursor.execute("SELECT known FROM ground").fetchone()
    newest = ground["known"] if ground else 0
    if done.known < newest and (rest := _found(cursor, _BEFORE, done.until, done.known, most)):
        return done.known, rest
    return newest, _found(cursor, _ALL, done.begun(newest), newest, most)


def _found(cursor: Cursor[DictRow], select: str, until: int, known: int, most: int) -> Mapping[str, int]:
    found = cursor.execute(select, {"until": until, "known": known, "most": most}).fetchall()
    return {row["case_id"]: row["position"] for row in found}


def left(cursor: Cursor[DictRow]) -> tuple[int, int]:
    """How many cases are to be located by the newest ground: opened before it was known, and since then."""
    ground = cursor.execute("SELECT known FROM ground").fetchone()
    done = cursor.execute("SELECT known, until FROM done").fetchone()
    newest = ground["known"] if ground else 0
    until = Located(known=done["known"], until=done["until"]).begun(newest) if done else 0
    [row] = cursor.execute(_LEFT, {"until": until, "known": newest}).fetchall()
    return row["earlier"], row["since"]


_SELECT = "SELECT case_id, position FROM placed WHERE position > %(until)s AND"
_NEXT = "ORDER BY position LIMIT %(most)s"
_COUNT = "SELECT count(*) FROM placed WHERE position > %(until)s AND position"
_LEFT = f"SELECT ({_COUNT} < %(known)s) AS earlier, ({_COUNT} >= %(known)s AND unsure) AS since"
_BEFORE = f"{_SELECT} position < %(known)s {_NEXT}"
_ALL = f"({_BEFORE}) UNION ALL ({_SELECT} position >= %(known)s AND unsure {_NEXT}) {_NEXT}"


@dataclass(frozen=True, slots=True)
class UnlocatedReads:
    """`ports.UnlocatedReads`, answered from the view."""

    views: Views

    def unlocated(self, done: Located, most: int) -> tuple[int, Mapping[str, int]]:
        """For the ground of which position, and the next cases with the positions of their openings."""
        with Fresh().read(self.views, VIEW) as cursor:
            return next_of(cursor, done, most)
