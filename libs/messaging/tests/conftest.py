"""Fixtures of this room."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from libs.ledger.recorded import utc_now
from libs.messaging import histories
from libs.messaging.inbox import Inbox
from libs.messaging.tests.town import Town
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.running import opened
from libs.testkit.postgres import TestServer


@pytest.fixture
def town(postgres_server: TestServer) -> Iterator[Town]:
    """A counter and a tally over fresh databases."""
    with opened(postgres_server, [counter.SERVICE, tally.SERVICE]) as (counting, tallying):
        yield Town(counting, tallying)


@pytest.fixture
def inbox(town: Town) -> Inbox:
    """A consumer that has handled five events."""
    town.count(1, 2, 3, 4, 5)
    consumer = town.inbox()
    consumer.handle(town.batch())
    return consumer


@pytest.fixture
def a_minute_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets a minute pass for consumers."""
    return lambda: monkeypatch.setattr(histories, "utc_now", lambda: utc_now() + timedelta(minutes=1))
