"""Who reads of far more people than they usually do?

Unusual is who has read data of `FEWEST` or more different persons within the last hour, and of more than
`TIMES` the median of their own hours in the four weeks before. Hours in which they read nothing do not
count; without any the median is 0.
"""

import threading
from dataclasses import dataclass

import psycopg
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.disclosure.view import VIEW
from libs.ledger.errors import LedgerUnavailable
from libs.ledger.views.view import ViewBehind, Views
from libs.telemetry import logs, metrics

FEWEST = 30
TIMES = 5
_EVERY = 60.0  # seconds

_UNUSUAL = """
SELECT reader_id, persons, usual FROM (
    SELECT reader_id, count(DISTINCT subject_id) AS persons FROM disclosures
    WHERE read_at > now() - interval '1 hour'
    GROUP BY reader_id HAVING count(DISTINCT subject_id) >= %s
) lately CROSS JOIN LATERAL (
    SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY persons), 0) AS usual FROM (
        SELECT count(DISTINCT subject_id) AS persons FROM disclosures AS before
        WHERE before.reader_id = lately.reader_id
        AND read_at BETWEEN now() - interval '28 days' AND now() - interval '1 hour'
        GROUP BY date_trunc('hour', read_at)
    ) hours
) theirs
WHERE persons > %s * usual ORDER BY persons DESC, reader_id LIMIT 1000
"""

_log = logs.get("disclosures")


@dataclass(frozen=True, slots=True)
class UnusualReader:
    """Of how many persons somebody has read within the last hour, and of how many in a usual hour."""

    reader_id: str
    persons: int
    usual: float


def unusual_readers(cursor: Cursor[DictRow]) -> list[UnusualReader]:
    """Those of this moment, who read of the most persons first; 1,000 at most."""
    rows = cursor.execute(_UNUSUAL, (FEWEST, TIMES)).fetchall()
    return [UnusualReader(row["reader_id"], row["persons"], row["usual"]) for row in rows]


class Watching:
    """Counts them every minute, for the metrics. `run` it in a thread of its own."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def run(self, stop: threading.Event) -> None:
        """Count until `stop` is set."""
        service = self._views.ledger.service
        while not stop.is_set():
            try:
                with self._views.read(VIEW.name) as cursor:
                    metrics.unusual_readers(service, len(unusual_readers(cursor)))
            except (psycopg.Error, LedgerUnavailable, ViewBehind) as error:
                _log.info("unusual readers cannot be counted", service=service, error=str(error))
                metrics.unusual_readers(service, None)
            stop.wait(_EVERY)
        metrics.unusual_readers(service, None)
