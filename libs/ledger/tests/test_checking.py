"""The newest events are checked against their hashes while the service runs."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from libs.ledger.store.ledger import Ledger
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import Open, Put, context
from libs.runtime.host.checking import Checking
from libs.telemetry import metrics


@pytest.fixture
def checking(ledger: Ledger, mailboxes: Mailboxes) -> Checking:
    """One that has seen a first event."""
    mailboxes.handle("11", Open(owner="resident-1", name="Ada"), context())
    began = Checking(ledger)
    began.check()
    return began


@pytest.fixture
def as_owner(dsn: str) -> Callable[..., None]:
    def run(statement: Any, *given: object) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement, given)

    return run


def measured(name: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(f"linli_{name}", {"service": "post"})


def test_new_events_are_verified_up_to_the_last(
    checking: Checking, ledger: Ledger, mailboxes: Mailboxes
) -> None:
    mailboxes.handle("11", Put(letter="l-1"), context())

    checking.check()

    assert measured("verified_position") == ledger.head()
    assert measured("ledger_forged") == 0


def test_an_event_that_was_altered_is_measured_until_it_is_mended(
    checking: Checking, ledger: Ledger, mailboxes: Mailboxes, as_owner: Callable[..., None]
) -> None:
    mailboxes.handle("11", Put(letter="l-1"), context())
    as_owner("UPDATE stored_events SET state = state || 'x' WHERE notification_id = %s", ledger.head())

    checking.check()
    checking.check()
    found, forged = measured("ledger_forged"), checking.forged
    mend = "UPDATE stored_events SET state = substr(state, 1, length(state) - 1) WHERE notification_id = %s"
    as_owner(mend, ledger.head())
    checking.check()

    assert found == 1
    assert "was altered" in str(forged)
    assert measured("ledger_forged") == 0


def test_a_history_that_lost_its_end_is_found(
    checking: Checking, ledger: Ledger, mailboxes: Mailboxes, as_owner: Callable[..., None]
) -> None:
    mailboxes.handle("11", Put(letter="l-1"), context())
    checking.check()
    as_owner("DELETE FROM stored_events WHERE notification_id = %s", ledger.head())

    checking.check()

    assert measured("ledger_forged") == 1


def test_a_database_that_is_away_is_no_forgery(checking: Checking, ledger: Ledger) -> None:
    ledger.close()

    checking.check()

    assert checking.forged is None
