"""Platforms of their own for journeys, and the city told to one of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e.city import los_angeles as la
from e2e.city.history import Story, story
from e2e.city.load import load
from e2e.city.platform import READY_WITHIN, City, Platform, sign_in
from e2e.city.replay import Replayed, finish, replay
from e2e.city.rows import Request
from e2e.city.source import read
from libs.runtime.bundled.ports import free_ports
from libs.testkit import patience


@contextmanager
def platform_in(
    folder: Path, environ: Mapping[str, str] | None = None, *, cluster: bool = False
) -> Iterator[Platform]:
    """A platform on free ports that keeps its data in `folder`; stopped at the end."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    platform = Platform(
        data=folder / "data",
        port=0 if cluster else free_port(),
        http_port=free_port(),
        log=folder / "linli.log",
        environ=environ or {},
        cluster=cluster,
        ready_within=patience.seconds(READY_WITHIN),
    )
    try:
        yield platform
    finally:
        platform.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    return free_ports(1)[0]


def all_requests() -> list[Request]:
    """The rows of the city's file that are not refused."""
    return [row for row in read(la.REQUESTS) if isinstance(row, Request)]


@dataclass(frozen=True, slots=True)
class Told:
    """A city whose requests have been replayed."""

    platform: Platform
    city: City
    requests: Sequence[Request]
    stories: Sequence[Story]
    replayed: Replayed


def tell_city(platform: Platform, requests: Sequence[Request]) -> Told:
    """Load the city into a started platform and replay the requests."""
    city = sign_in(platform.where, platform.secret)
    bodies = load(city, lambda _line: None)
    stories = [story(request, bodies) for request in requests]
    replayed = replay(city, stories, lambda _replayed, _total: None)
    _, replayed.revision = finish(city, stories, replayed.revision)
    return Told(platform, city, requests, stories, replayed)
