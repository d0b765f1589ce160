"""Fixtures of this room."""

from collections.abc import Iterator

import pytest

from libs.messaging.tests.town import Town
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.running import opened
from libs.testkit.postgres import TestServer


@pytest.fixture
def town(postgres_server: TestServer) -> Iterator[Town]:
    """A counter and a tally over fresh databases."""
    with opened(postgres_server, [counter.SERVICE, tally.SERVICE]) as (counting, tallying):
        yield Town(counting, tallying)
