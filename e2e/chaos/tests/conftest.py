"""Fixtures of this room."""

from collections.abc import Iterator

import pytest

from e2e.chaos.tests.aftermath import Aftermath, aftermath
from libs.testkit.postgres import TestServer


@pytest.fixture
def run(postgres_server: TestServer) -> Iterator[Aftermath]:
    """Three services after a quiet run."""
    with aftermath(postgres_server) as run:
        yield run
