"""Fixtures of this room."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from libs.messaging.tests.town import Town
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.running import opened
from libs.testkit.postgres import TestServer
from libs.worker.tests.street import Street


@pytest.fixture
def town(postgres_server: TestServer) -> Iterator[Town]:
    """A counter and a tally over fresh databases."""
    with opened(postgres_server, [counter.SERVICE, tally.SERVICE]) as (counting, tallying):
        yield Town(counting, tallying)


@pytest.fixture
def street(town: Town, broker: str, tmp_path: Path) -> Iterator[Street]:
    """The town with a broker of its own; its workers end with the test."""
    with ExitStack() as stack:
        yield Street(town, broker, tmp_path, stack)
