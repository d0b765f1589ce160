"""The city over RabbitMQ: processes of their own for each service end where one process with all ends.

The journey of `make run` (the first rows of the file, or `LINLI_CLUSTER_ROWS` of them) is told once to
`linli up` and once to `linli cluster`. Ledgers and views are compared event by event and row by row,
without what no two runs can share (`ledgers.OF_ONE_RUN`, `ledgers.BY_CHANCE`): places in a ledger,
moments of this run, ids and secrets made by chance.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.city import helpers
from e2e.city.history import story
from e2e.city.load import load
from e2e.city.platform import Platform, sign_in
from e2e.city.replay import Replayed, finish, replay
from e2e.journeys.conftest import all_requests, free_port
from e2e.journeys.ledgers import (
    Streams,
    Tables,
    all_services,
    different,
    gaps,
    ledger_of,
    settle,
    streams_of,
    views_of,
)
from libs.runtime.bundled.rabbitmq_install import Installed
from libs.testkit.views import assert_rebuilt_equals_live
from services.command.registry import NAMES

ROWS = int(os.environ.get("LINLI_CLUSTER_ROWS", "1000"))
pytestmark = pytest.mark.timeout(300 + ROWS / 10)


@dataclass(frozen=True, slots=True)
class End:
    """What a platform holds when all is told and heard."""

    replayed: Replayed
    helped: helpers.Helped
    streams: dict[str, Streams]
    views: dict[str, Tables]


@pytest.fixture(scope="module")
def embedded(folder: Path) -> End:
    return _told(folder / "in one process", cluster=False)


@pytest.fixture(scope="module")
def clustered(folder: Path, installed_rabbitmq: Installed) -> End:
    assert installed_rabbitmq.script.exists()
    return _told(folder / "over rabbitmq", cluster=True)


def test_the_cluster_takes_every_row(clustered: End, embedded: End) -> None:
    assert clustered.replayed.refused == embedded.replayed.refused == []
    assert len(clustered.replayed.cases) == ROWS
    assert clustered.replayed.cases == embedded.replayed.cases
    assert clustered.replayed.commands == embedded.replayed.commands
    assert clustered.helped == embedded.helped
    assert clustered.helped.accepted > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_stream_ends_as_in_one_process(clustered: End, embedded: End, name: str) -> None:
    assert gaps(clustered.streams[name]) == []
    assert different(clustered.streams[name], embedded.streams[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_view_ends_as_in_one_process(clustered: End, embedded: End, name: str) -> None:
    found, expected = clustered.views[name], embedded.views[name]

    assert found.keys() == expected.keys()
    for table, rows in found.items():
        assert rows == expected[table], f"{name}.{table}"


def test_neighbours_views_hold_the_whole_city(clustered: End) -> None:
    assert len(clustered.views["cases"]["all_cases.cases"]) == ROWS
    assert len(clustered.views["supervision"]["case_facts.cases"]) == ROWS
    assert len(clustered.views["volunteers"]["needs.needs"]) == clustered.helped.needs > 0


def _told(place: Path, *, cluster: bool) -> End:
    """Tell the city to a platform of its own, and look at what is there when all have heard of all."""
    data = place / "data"
    data.mkdir(parents=True, mode=0o755)
    port = 0 if cluster else free_port()
    platform = Platform(data=data, port=port, http_port=free_port(), log=place / "log", cluster=cluster)
    try:
        platform.start()
        replayed, helped = _tell(platform)
        settle(data, quiet=5.0, within=60 + ROWS / 100)
        streams, views = {}, {}
        for service in all_services():
            with ledger_of(data, service) as ledger:
                streams[service.name] = streams_of(ledger)
                views[service.name] = views_of(ledger, service)
                assert_rebuilt_equals_live(ledger, service.views)
        return End(replayed, helped, streams, views)
    finally:
        platform.stop()


def _tell(platform: Platform) -> tuple[Replayed, helpers.Helped]:
    city = sign_in(platform.where, platform.secret)
    bodies = load(city, lambda _line: None)
    stories = [story(request, bodies) for request in all_requests()[:ROWS]]
    helpers.enrol(city)
    helped = helpers.help_out(city, stories)
    replayed = replay(city, stories, lambda _replayed, _total: None)
    finish(city, stories, replayed.revision)
    city.client.close()
    return replayed, helped
