"""Which case's clock has something to say next, and when?"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.view import Key, Row, Rows, Table, View
from services.cases.domain import events
from services.cases.domain.clocks import ClockKind


class DueMoments(View):
    """One row for each clock of a case that may still run; `next_time` is set while it does."""

    name = "due_moments"
    tables = (
        Table(
            "clocks",
            {
                "case_id": "text",
                "clock": "text",
                "warn_time": "timestamptz",
                "due_time": "timestamptz",
                "warned": "boolean",
                "breached": "boolean",
                "stopped": "boolean",
                "held": "boolean",
                "next_time": "timestamptz",
            },
            key=("case_id", "clock"),
            indexes=("(next_time) WHERE next_time IS NOT NULL",),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """Both clocks of the case, unless the event opens it."""
        if recorded.category != "case" or isinstance(recorded.event, events.CaseOpened):
            return ()
        return [("clocks", (recorded.subject_id, clock.value)) for clock in ClockKind]

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Start, stop and move the clocks of the case."""
        event, case_id = recorded.event, recorded.subject_id
        if isinstance(event, events.CaseOpened):
            for deadline in event.deadlines:
                _put(
                    rows, _started(case_id, deadline.clock, deadline.warn_at, deadline.due_at, event.imported)
                )
            return
        for clock in ClockKind:
            if changes := _changes(event, clock):
                row = rows.get("clocks", (case_id, clock.value))
                if row is not None:
                    _put(rows, {**row, **changes})

    def due(self, cursor: Cursor[DictRow], now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """The cases whose next moment lies before `now`, the earliest moment first."""
        cursor.execute(
            "SELECT case_id, min(next_time) AS due FROM clocks WHERE next_time < %s"
            " GROUP BY case_id ORDER BY due, case_id LIMIT %s",
            (now, limit),
        )
        return [(row["case_id"], row["due"]) for row in cursor]


def _started(case_id: str, clock: ClockKind, warn_at: datetime, due_at: datetime, held: bool) -> Row:
    return {
        "case_id": case_id,
        "clock": clock.value,
        "warn_time": warn_at,
        "due_time": due_at,
        "warned": False,
        "breached": False,
        "stopped": False,
        "held": held,
    }


def _put(rows: Rows, row: Row) -> None:
    runs = not (row["stopped"] or row["breached"] or row["held"])
    next_time = row["due_time"] if row["warned"] else row["warn_time"]
    rows.put("clocks", {**row, "next_time": next_time if runs else None})


def _changes(event: object, clock: ClockKind) -> Row:
    """What an event does to one clock of its case."""
    resolution = clock is ClockKind.RESOLUTION
    match event:
        case events.CaseAccepted() | events.WorkStarted() | events.NoteAdded(to_reporter=True):
            return {} if resolution else {"stopped": True}
        case events.CaseResolved() | events.CaseRejected() | events.CaseWithdrawn():
            return {"stopped": True}
        case events.CasePaused():
            return {"stopped": True} if resolution else {}
        case events.CaseResumed(resolution=later) if resolution:
            moved = {"warn_time": later.warn_at, "due_time": later.due_at} if later else {}
            return {"stopped": False, **moved}
        case events.CaseReopened(imported=imported):
            return {"stopped": False, "held": imported} if resolution else {"held": imported}
        case events.CaseClosed() | events.CaseReleased():
            return {"held": False}
        case events.DeadlineWarned(clock=told) if told is clock:
            return {"warned": True}
        case events.DeadlineBreached(clock=told) if told is clock:
            return {"warned": True, "breached": True}
        case _:
            return {}
