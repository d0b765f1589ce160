"""Where a platform ends when the first rows of the city have been told to it, volunteers among them."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.chaos.recovery import Progress, until_settled
from e2e.city import helpers
from e2e.city.history import story
from e2e.city.load import load
from e2e.city.platform import City, Platform, enter
from e2e.city.replay import Replayed, finish, replay
from e2e.journeys.cities import all_requests
from e2e.journeys.ledgers import (
    Streams,
    Tables,
    all_services,
    ledger_of,
    renamed_streams,
    renamed_tables,
    services_of,
    streams_of,
    views_of,
)
from libs.rpc.credentials import Token
from libs.rpc.keys import SigningKey
from libs.testkit.rpc import Mint
from libs.testkit.views import assert_rebuilt_equals_live
from services.command.registry import NAMES

ROWS = int(os.environ.get("LINLI_TEST_ROWS", "1000"))
"""How many rows of the file are told; all have about 10,000."""


@dataclass(frozen=True, slots=True)
class End:
    """What a platform holds when all is told and heard; `calls` is how many answers that took."""

    replayed: Replayed
    helped: helpers.Helped
    streams: dict[str, Streams]
    views: dict[str, Tables]
    board: list[bytes]
    calls: int


class Answers:
    """Counts the answers that a city gives while it is told: how far the telling has come."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def counted(self, city: City) -> City:
        """The city, whose every answer is counted."""
        for name in NAMES:
            object.__setattr__(city, name, _Counted(getattr(city, name), self))
        return city

    def one_more(self) -> None:
        """An answer came."""
        with self._lock:
            self.count += 1


class _Counted:
    def __init__(self, service: Any, answers: Answers) -> None:
        self._service = service
        self._answers = answers

    def __getattr__(self, rpc: str) -> Any:
        call = getattr(self._service, rpc)

        def counted(*words: Any, **settings: Any) -> Any:
            answer = call(*words, **settings)
            self._answers.one_more()
            return answer

        return counted


def told_to(platform: Platform, answers: Answers | None = None) -> End:
    """Tell the rows to a started platform, and look at what is there when all have heard of all."""
    answers = answers or Answers()
    city = answers.counted(enter(platform.where, _teller(platform)))
    bodies = load(city, lambda _line: None)
    stories = [story(request, bodies) for request in all_requests()[:ROWS]]
    volunteers = helpers.enrol(city)
    helped = helpers.help_out(city, stories, volunteers)
    replayed = replay(city, stories, lambda _replayed, _total: None)
    _, revision = finish(city, stories, replayed.revision)
    board = _board(city, revision)
    calls = answers.count
    city.client.close()
    with services_of(platform.data) as services:
        until_settled(Progress(services), seconds=60 + ROWS / 100)
    names = {held: f"volunteer-{number}" for held, number in volunteers.items()}
    streams, views = _held(platform, {**names, _developer(platform): "developer"})
    return End(replayed, helped, streams, views, board, calls)


def _teller(platform: Platform) -> Token:
    """Somebody with an id that is the same on every platform: the ids of what they make follow from it."""
    key = SigningKey.from_pem((platform.data / "signing.pem").read_bytes())
    return Mint(key).person("OPERATOR", subject="teller")


def _developer(platform: Platform) -> str:
    """The id of the first operator, which no two platforms share."""
    with ledger_of(platform.data, all_services()[0]) as ledger:
        [first] = ledger.read_stream("operators-installation")
    return str(first.event.party_id)


def _board(city: City, revision: str) -> list[bytes]:
    """The scoreboard by body, when supervision has heard of everything."""
    request = supervision.GetScoreboardRequest(group_by=supervision.GROUPING_BODY, cases_at_least=revision)
    rows = city.supervision.get_scoreboard(request).rows
    return sorted(row.SerializeToString(deterministic=True) for row in rows)


def _held(platform: Platform, names: Mapping[str, str]) -> tuple[dict[str, Streams], dict[str, Tables]]:
    """Streams and views by service; ids that no two platforms share are replaced by `names`."""
    streams, views = {}, {}
    for service in all_services():
        with ledger_of(platform.data, service) as ledger:
            streams[service.name] = renamed_streams(streams_of(ledger), names)
            views[service.name] = renamed_tables(views_of(ledger, service), names)
            assert_rebuilt_equals_live(ledger, service.views)
    return streams, views
