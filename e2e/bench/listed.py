"""Made-up cases for lists and duplicates: rows of the view, blind terms, and for some events with texts."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import psycopg
from psycopg import sql

from e2e.bench.alone import made
from e2e.bench.copies import without_indexes
from e2e.bench.figures import Figure, quantile
from e2e.bench.growth import must_fit
from e2e.bench.lives import opening
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context, Draft
from libs.ledger.store.blinding import TABLE
from libs.ledger.store.ledger import Append, Ledger
from libs.rules.areas import AreaPath
from libs.runtime.bundled.postgres import EmbeddedPostgres
from services.cases.adapters.ledger import PLACE, TEXT
from services.cases.adapters.months import month_of
from services.cases.adapters.views.all_cases import VIEW
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.values import Point

EACH = 2_800
"""Bytes on the disk for a case: its row, the row before it, its terms, and their places in indexes."""
BEGAN = datetime(2021, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=5 * 365)
TERMS = 40
"""Of each case: about what twenty words and a short run of Chinese characters have."""
RARE, COMMON = "periwinkle", "streetlight"
"""A word of few cases, whatever the size; and one of every fiftieth."""
NORTH, WEST, WIDE = 33.9, -118.5, 0.4
"""The city in which all are reported: so many degrees each way, about forty kilometres."""
_FEW = 20
_OFTEN = 50
_TOGETHER = 500

# How the values of a case follow from its number: bytes of its id, which is a hash of it.
_ROWS = f"""
INSERT INTO {VIEW.schema}.cases (
    case_id, public_id, state, affair_id, area_id, area_path, body_id, channel, anonymous, assisted,
    reporter_id, opened_time, ended_time, response_breached, warn_time, due_time, due_order, overdue, returns,
    reopenings, held, deciding_path, recorded_from
)
SELECT case_id, 'LL-' || n, state, 'affair-' || (b1 %% 17), 'la-nc-' || nc, path, 'body-' || (b3 %% 40),
    (ARRAY['web', 'phone_operator', 'grid_worker', 'sms_relay', 'mobile_app'])[1 + b4 %% 5],
    false, b4 %% 7 = 0, NULL, opened, CASE WHEN state = 'closed' THEN opened + interval '9 days' END,
    false, opened + interval '6 days', opened + interval '8 days' + b2 * interval '1 hour',
    opened + interval '8 days' + b2 * interval '1 hour', b2 %% 9 = 0, 0, 0, false, path, opened
FROM (
    SELECT *, 'la/la-region-' || (nc %% 12) || '/la-nc-' || nc AS path,
        %(began)s + %(span)s * n / %(cases)s AS opened,
        CASE WHEN n < %(cases)s * 0.9 AND b5 %% 50 > 0 THEN 'closed' ELSE (ARRAY[
            'submitted', 'routed', 'accepted', 'in_progress', 'waiting', 'resolved'
        ])[1 + b5 %% 6] END AS state
    FROM (
        SELECT n, encode(h, 'hex') AS case_id, n %% 99 AS nc, get_byte(h, 0) AS b1, get_byte(h, 1) AS b2,
            get_byte(h, 2) AS b3, get_byte(h, 3) AS b4, get_byte(h, 4) AS b5
        FROM (
            SELECT n, decode(md5('case ' || n), 'hex') AS h FROM generate_series(0, %(cases)s - 1) AS n
        ) AS hashed
    ) AS drawn
) AS cases
"""
_EARLIER = f"""
INSERT INTO {VIEW.schema}.cases_past SELECT *, recorded_from + interval '9 days' FROM {VIEW.schema}.cases
"""
# Half of the terms are of words that many cases of the area have, half of words that few have.
_TERMS = f"""
INSERT INTO blind_terms (subject, stream, kind, terms)
SELECT case_id, 'case-' || case_id, 'text', m.term || ARRAY(
    SELECT (CASE WHEN t %% 2 = 0 THEN power(random(), 3) * 20000 ELSE random() * 2000000000 END)::integer
    FROM generate_series(1, {TERMS}) AS t WHERE c.case_id IS NOT NULL
) FROM {VIEW.schema}.cases AS c
JOIN unnest(%s::text[], %s::timestamptz[], %s::integer[]) AS m(area_path, began, term)
    ON m.area_path = c.area_path AND m.began = date_trunc('month', c.opened_time, 'UTC')
"""


def fill(ledger: Ledger, owner: str, cases: int) -> None:
    """So many cases. Those with `RARE` or `COMMON` have an event, too, which is found and opened as any."""
    with psycopg.connect(owner, autocommit=True) as connection:
        of_view = [(VIEW.schema, table.name) for table in VIEW.stored]
        with without_indexes(connection, [*of_view, ("public", TABLE)]):
            connection.execute(_ROWS, {"cases": cases, "began": BEGAN, "span": SPAN})
            connection.execute(_EARLIER)
            connection.execute(
                f"UPDATE {VIEW.schema}.cases SET recorded_from = recorded_from + interval '9 days'"
            )
            connection.execute(_TERMS, _months(ledger, connection))
            _place(ledger, connection)
        rows = connection.execute(
            f"SELECT case_id, area_path, row_number() OVER (ORDER BY opened_time) FROM {VIEW.schema}.cases"
            " WHERE (hashtext(case_id) %% %s) = 0",
            [_OFTEN],
        ).fetchall()
    rare = {case_id for case_id, *_ in rows[:: max(1, len(rows) // _FEW)]}
    for place in range(0, len(rows), _TOGETHER):
        ledger.append(
            Append(drafts=[_told(*row, rare=row[0] in rare) for row in rows[place : place + _TOGETHER]])
        )
    _settle(owner, ledger.head())


@contextmanager
def filled(server: EmbeddedPostgres, cases: int) -> Iterator[Ledger]:
    """The ledger of a database of that size, filled unless a run before has done so to the end."""
    began, name = time.monotonic(), f"bench_cases_{cases}"
    database = made(server, name)
    kept = _is_filled(database.owner)
    if not kept:
        must_fit(server.data, f"{cases:,} cases", 2 * EACH * cases)
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        database = made(server, name)
    with database.open() as ledger:
        if not kept:
            fill(ledger, database.owner, cases)
            print(f"  filled with {cases:,} cases in {time.monotonic() - began:.0f} s", flush=True)
        yield ledger


def _is_filled(owner: str) -> bool:
    """By what `fill` does last; nothing folds here meanwhile."""
    with psycopg.connect(owner, autocommit=True) as connection:
        row = connection.execute(
            "SELECT position > 0 FROM view_position WHERE schema = %s", [VIEW.schema]
        ).fetchone()
    return row is not None and bool(row[0])


def compared(
    name: str, asking: Sequence[Callable[[int], float]], sizes: tuple[int, int], rounds: int, unmeasured: int
) -> Figure:
    """The slowest of twenty answers of the large database; the small one, asked in turn, is the baseline.

    `asking`: takes the number of a round, and says how many seconds the answer took.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for number, which in product(range(rounds + unmeasured), (0, 1)):
        took = asking[which](number)
        if number >= unmeasured:
            times[which].append(took)
    few, many = (quantile(each, 0.95) for each in times)
    half, half_many = (1000 * quantile(each, 0.5) for each in times)
    return Figure(
        name=name,
        measured=f"p95 {1000 * many:.1f} ms, median {half_many:.1f} ms of {sizes[1]:,} cases",
        baseline=f"p95 {1000 * few:.1f} ms, median {half:.1f} ms of {sizes[0]:,} cases",
        ratio=many / few,
        goal="2 or less",
        reached=many / few <= 2,
        busy=f"load average {os.getloadavg()[0]:.1f}",
    )


def placed(opened: CaseOpened) -> CaseOpened:
    """The same, reported somewhere in the city, as its id says."""
    north, east = (int(opened.case_id[at : at + 8], 16) / 2**32 for at in (16, 24))
    where = Point(latitude=NORTH + WIDE * north, longitude=WEST + WIDE * east)
    return replace(opened, place=Personal(opened.case_id, where.in_words()))


def _months(ledger: Ledger, connection: psycopg.Connection) -> tuple[list[str], list[datetime], list[int]]:
    """The term of each month in each area."""
    areas = connection.execute(f"SELECT DISTINCT area_path FROM {VIEW.schema}.cases").fetchall()
    years = range(BEGAN.year, (BEGAN + SPAN).year + 1)
    months = [datetime(year, month, 1, tzinfo=UTC) for year in years for month in range(1, 13)]
    each = [*product((area for (area,) in areas), months)]
    terms = [ledger.keys.terms(TEXT.kind, TEXT.scope(area), [month_of(at)])[0] for area, at in each]
    return [area for area, _ in each], [at for _, at in each], terms


def _place(ledger: Ledger, connection: psycopg.Connection) -> None:
    """The blind terms of the place of each case."""
    rows = connection.execute(f"SELECT case_id, affair_id FROM {VIEW.schema}.cases").fetchall()
    with connection.cursor().copy("COPY blind_terms (subject, stream, kind, terms) FROM STDIN") as copy:
        for number, (case_id, affair_id) in enumerate(rows):
            event = replace(placed(opening(case_id, number)), affair_id=affair_id)
            [(_, words)] = PLACE.words_of("case_opened.v1", event)
            copy.write_row((case_id, f"case-{case_id}", PLACE.kind, ledger.keys.terms(PLACE.kind, "", words)))


def _told(case_id: str, area_path: str, number: int, *, rare: bool) -> Draft:
    text = f"the {COMMON} at the corner is dark again, number {number} {RARE * rare}"
    event = replace(
        opening(case_id, number), area_path=AreaPath(area_path), description=Personal(case_id, text)
    )
    about = Context(actor="bench", area=area_path).metadata(datetime.now(UTC))
    return Draft(stream=f"case-{case_id}", expected_version=0, events=[(event, about)])


def _settle(owner: str, head: int) -> None:
    """As if the projector had made the rows, and PostgreSQL had time for what it does by and by."""
    statements: Sequence[str] = (
        f"VACUUM ANALYZE {VIEW.schema}.cases",
        f"VACUUM ANALYZE {VIEW.schema}.cases_past",
        "VACUUM ANALYZE blind_terms",
        "VACUUM ANALYZE stored_events",
        "CHECKPOINT",
    )
    with psycopg.connect(owner, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        connection.execute(
            "UPDATE view_position SET position = %s, ready = true WHERE schema = %s", [head, VIEW.schema]
        )
