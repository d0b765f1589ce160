"""A hundred thousand open cases, of which few fall due: what their clocks cost; and ten thousand at once.

The clocks run in a process of their own, as in a worker, and the server in another. Measured is from the
moment at which a clock falls due until that is recorded, by the database's time.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from e2e.bench.callers import Callers, Rate
from e2e.bench.copies import wait_for_views
from e2e.bench.figures import Figure, quantile
from e2e.bench.ground import LOADED, Ground, Served
from e2e.bench.lives import opening
from e2e.bench.processor import Usage, watched
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context, Draft
from libs.ledger.store.ledger import Append, Ledger
from libs.rules.due import Limit, Unit
from services.cases.domain.case import events
from services.cases.domain.clocks import ClockKind, Deadline
from services.cases.wiring import SERVICE

OPEN, AT_ONCE, ONE_BY_ONE = 100_000, 10_000, 20
DATABASE = "cases_clocked"
GOAL_IDLE, GOAL_LATE, GOAL_ALL = 0.05, 2.0, 30.0
CALLERS = 2  # in each of four processes: a server that is not full
TOGETHER = 500
"""Cases in one append."""
_FAR = timedelta(days=300)

Lateness = Sequence[float]
"""Seconds from due to recorded, one for each moment."""


def measure(ground: Ground) -> list[Figure]:
    """Idle first, with one moment now and then; then many moments in one second, beside people who report."""
    ground.loaded()
    part = 10 if ground.quick else 1
    number, at_once, seconds = OPEN // part, AT_ONCE // part, 10.0 if ground.quick else 30.0
    with ground.postgres() as server:
        ground.copy_database(server, LOADED, DATABASE)
        with (
            ground.ledger(SERVICE, DATABASE) as ledger,
            ground.cases_server(DATABASE) as served,
            _clocks(ground) as pid,
        ):
            _open(ledger, [datetime.now(UTC) + _FAR] * number)
            wait_for_views(server.dsn(DATABASE))
            idle = _idle(ledger, served, pid, seconds, number)
            return [*idle, *_burst(ledger, served, pid, at_once, seconds)]


@contextmanager
def _clocks(ground: Ground) -> Iterator[int]:
    """The process of the clocks."""
    environ = {**os.environ, **ground.environ(DATABASE), "LINLI_LOG_LEVEL": "warning"}
    with (ground.folder / "clocks.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "e2e.bench.clock_process"], env=environ, stdout=log, stderr=log
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def _idle(ledger: Ledger, served: Served, pid: int, seconds: float, number: int) -> list[Figure]:
    """Nothing but a moment now and then."""
    begin = datetime.now(UTC) + timedelta(seconds=2)
    few = [begin + timedelta(seconds=seconds * each / ONE_BY_ONE) for each in range(ONE_BY_ONE)]
    _open(ledger, few)
    head = ledger.head()
    asked_before = _transactions(ledger)
    with watched({"clocks": [pid], "server": [served.pid], "PostgreSQL": [served.postgres]}) as usage:
        time.sleep(seconds + 2 + GOAL_LATE)
    asked = (_transactions(ledger) - asked_before) / (seconds + 2 + GOAL_LATE)
    late = _fired(ledger, head, ONE_BY_ONE, begin)
    return [
        Figure(
            name=f"{number:,} open clocks, idle",
            measured=f"{usage.cores['clocks']:.3f} of a core for the clocks, {asked:.0f} transactions/s of"
            " server and clocks together",
            goal=f"{GOAL_IDLE} of a core or less",
            reached=usage.cores["clocks"] <= GOAL_IDLE,
            busy=str(usage),
            limit="the schedule is read twice a second, by an index that holds what is to come",
        ),
        _lateness(f"A moment among {number:,} open clocks", late, usage),
    ]


def _lateness(name: str, late: Lateness, usage: Usage) -> Figure:
    return Figure(
        name=name,
        measured=f"recorded {quantile(late, 0.5):.2f} s after it was due (median of {len(late)}), latest"
        f" {max(late):.2f} s",
        goal=f"{GOAL_LATE:.0f} s at most",
        reached=max(late) <= GOAL_LATE,
        busy=str(usage),
        limit="half a second between two looks",
    )


def _burst(ledger: Ledger, served: Served, pid: int, number: int, seconds: float) -> list[Figure]:
    """So many moments fall due in one instant, while people report as before."""
    with Callers(served, CALLERS) as callers:
        callers.run("open", 2.0)
        every = 4 * CALLERS / 100  # a hundred reports a second
        before = callers.run("open", seconds, every=every)
        due = datetime.now(UTC) + timedelta(seconds=5 + number / 1_000)
        _open(ledger, [due] * number)
        head = ledger.head()
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        with watched({"clocks": [pid], "server": [served.pid], "PostgreSQL": [served.postgres]}) as usage:
            beside = callers.run("open", GOAL_ALL, every=every)
    late = _fired(ledger, head, number, due)
    return [_all(number, late, usage), _unharmed(number, before, beside)]


def _all(number: int, late: Lateness, usage: Usage) -> Figure:
    return Figure(
        name=f"{number:,} moments due at once",
        measured=f"all recorded {max(late):.1f} s after, {number / max(late):,.0f}/s",
        goal=f"{GOAL_ALL:.0f} s at most",
        reached=max(late) <= GOAL_ALL,
        busy=str(usage),
        limit="each case is read, decided and appended; fifty together, and then the clocks rest",
    )


def _unharmed(number: int, before: Rate, beside: Rate) -> Figure:
    ratio = beside.p99 / before.p99
    return Figure(
        name=f"OpenCase beside {number:,} moments due at once",
        measured=f"p99 {1000 * beside.p99:.0f} ms, median {1000 * beside.median:.0f} ms at"
        f" {beside.rate:.0f}/s",
        baseline=f"the same before: p99 {1000 * before.p99:.0f} ms, median {1000 * before.median:.0f} ms at"
        f" {before.rate:.0f}/s",
        ratio=ratio,
        goal="3 or less",
        reached=ratio <= 3,
        busy=str(beside.usage),
        limit="the lock of the ledger, which an append of fifty cases holds longer than that of one",
    )


def _open(ledger: Ledger, warned: Sequence[datetime]) -> None:
    """Open a case for each moment at which one is to warn."""
    for start in range(0, len(warned), TOGETHER):
        drafts = [_case(number, at) for number, at in enumerate(warned[start : start + TOGETHER], start)]
        ledger.append(Append(drafts=drafts))


def _case(number: int, warn_at: datetime) -> Draft:
    """Opened, with one promise that warns then and breaks much later."""
    promise = Deadline(
        clock=ClockKind.RESOLUTION,
        limit=Limit(amount=5, unit=Unit.CALENDAR_DAYS),
        warn_at=warn_at,
        due_at=warn_at + _FAR,
        commitment_id="commitment-1",
        commitment_version=1,
        calendar_id="calendar-1",
    )
    opened = replace(opening(new_id(), number), at=datetime.now(UTC), deadlines=(promise,))
    metadata = Context(actor="bench", area=opened.area_path).metadata(opened.at)
    return Draft(stream=f"case-{opened.case_id}", expected_version=0, events=[(opened, metadata)])


def _fired(ledger: Ledger, after: int, number: int, since: datetime) -> Lateness:
    """How late each of the moments was recorded. Waits for those that are missing, but not for ever."""
    deadline = time.monotonic() + 120
    late: list[float] = []
    while len(late) < number and time.monotonic() < deadline:
        some = ledger.read(after)
        fired = (each for each in some if isinstance(each.event, events.DeadlineWarned))
        late += [
            (each.recorded_at - each.event.at).total_seconds() for each in fired if each.event.at >= since
        ]
        after = some[-1].position if some else after
        time.sleep(0.0 if some else 0.2)
    if len(late) < number:
        raise RuntimeError(f"{number - len(late):,} of {number:,} moments were not recorded")
    return late


def _transactions(ledger: Ledger) -> int:
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT xact_commit + xact_rollback AS done FROM pg_stat_database"
            " WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row["done"] if isinstance(row, dict) else row[0])
