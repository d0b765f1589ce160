"""What the log keeps of trouble: one sentence if the store is away, else the way through the code."""

import psycopg

from libs.ledger.errors import LedgerUnavailable
from libs.messaging.failures import trouble


def test_a_store_that_is_away_is_told_in_one_sentence() -> None:
    away = psycopg.OperationalError("connection refused\n\tIs the server running?")

    assert trouble(away) == {"error": "OperationalError: connection refused"}
    assert trouble(LedgerUnavailable("no answer")) == {"error": "LedgerUnavailable: no answer"}


def test_a_bug_is_told_with_its_stack() -> None:
    bug = KeyError("x")

    assert trouble(bug) == {"exc_info": bug}
