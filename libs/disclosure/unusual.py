"""Who reads of far more people than they usually do?

Unusual is who has read data of `FEWEST` or more different persons within the last hour, and of more than
`TIMES` the median of their own hours in the four weeks before. Hours in which they read nothing do not
count; without any the median is 0. Who was shown only in answers with more than `LISTED` people counts a
tenth: a list is looked through for one of them, and tells little of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.disclosure.view import VIEW
from libs.ledger.views.view import Views
from libs.telemetry.metrics import UnusualReaders, Values

FEWEST = 60
"""One a minute: fewer are an ordinary hour of whoever has just begun, too."""
TIMES = 5
LISTED = 10

_PERSONS = f"""
SELECT {{by}}, sum(CASE WHEN least > {LISTED} THEN 0.1 ELSE 1 END)::float8 AS persons FROM (
    SELECT {{by}}, subject_id, min(shown) AS least FROM (
        SELECT reader_id, subject_id, date_trunc('hour', read_at) AS hour,
        count(*) OVER (PARTITION BY disclosure_id) AS shown FROM disclosures WHERE {{where}}
    ) answers GROUP BY {{by}}, subject_id
) each_once GROUP BY {{by}}
"""
_LATELY = _PERSONS.format(by="reader_id", where="read_at > now() - interval '1 hour'")
_BEFORE = _PERSONS.format(
    by="hour",
    where="disclosures.reader_id = lately.reader_id"
    " AND read_at BETWEEN now() - interval '28 days' AND now() - interval '1 hour'",
)
_UNUSUAL = f"""
SELECT reader_id, persons, usual FROM ({_LATELY}) lately CROSS JOIN LATERAL (
    SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY persons), 0) AS usual FROM ({_BEFORE}) hours
    WHERE lately.persons >= %s
) theirs
WHERE persons >= %s AND persons > %s * usual ORDER BY persons DESC, reader_id LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class UnusualReader:
    """Of how many persons somebody has read within the last hour, and of how many in a usual one: weighed."""

    reader_id: str
    persons: int
    usual: float


def unusual_readers(cursor: Cursor[DictRow]) -> list[UnusualReader]:
    """Those of this moment, who read of the most persons first; 1,000 at most."""
    rows = cursor.execute(_UNUSUAL, (FEWEST, FEWEST, TIMES)).fetchall()
    return [UnusualReader(row["reader_id"], int(row["persons"]), row["usual"]) for row in rows]


def count(views: Views) -> Sequence[tuple[UnusualReaders, Values]]:
    """How many there are now, for the metrics."""
    with views.read(VIEW.name) as cursor:
        number = len(unusual_readers(cursor))
    return [(UnusualReaders(views.ledger.service), {(): number})]
