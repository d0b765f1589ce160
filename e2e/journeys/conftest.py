"""What the journeys share: a platform of its own process, and one that has replayed the city."""

import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.city import los_angeles as la
from e2e.city.history import Story, story
from e2e.city.load import load
from e2e.city.platform import City, Platform, sign_in
from e2e.city.replay import Replayed, finish, replay
from e2e.city.rows import Request, read_requests
from e2e.journeys.town import Town, town_on


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a journey."""
    for item in items:
        if "e2e/journeys" in item.path.as_posix():
            item.add_marker(pytest.mark.journey)


@contextmanager
def platform_in(folder: Path, **environ: str) -> Iterator[Platform]:
    """A platform on free ports that keeps its data in `folder`; stopped at the end."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    platform = Platform(
        data=folder / "data",
        port=free_port(),
        http_port=free_port(),
        log=folder / "linli.log",
        environ=environ,
    )
    try:
        yield platform
    finally:
        platform.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def all_requests() -> list[Request]:
    """The rows of the city's file that are not refused."""
    councils = frozenset(area.area_id.removeprefix(f"{la.CITY}-nc-") for area in la.areas() if area.boundary)
    return [row for row in read_requests(la.REQUESTS, councils) if isinstance(row, Request)]


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


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that a server of another user may enter."""
    with tempfile.TemporaryDirectory(prefix="linli-journey-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="session")
def los_angeles(folder: Path) -> Iterator[Told]:
    """The platform with all 10,000 requests replayed; read it, change nothing that others count."""
    place = folder / "los-angeles"
    place.mkdir()
    with platform_in(place) as platform:
        platform.start()
        yield tell_city(platform, all_requests())


@pytest.fixture(scope="session")
def town(folder: Path) -> Iterator[Town]:
    """A platform with a small town of its own: journeys may write to it, in cases of their own."""
    with platform_in(folder / "town") as platform:
        platform.start()
        with town_on(platform) as made:
            yield made
