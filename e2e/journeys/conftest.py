"""What the journeys share: a town to write in, the city told whole, and a part of it told undisturbed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.journeys.cities import Told, all_requests, platform_in, tell_city
from e2e.journeys.communities import SHIPPED_ONES, Community, community_in
from e2e.journeys.ends import End, told_to
from e2e.journeys.town import Town, town_on


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a journey."""
    for item in items:
        if "e2e/journeys" in item.path.as_posix():
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that a server of another user may enter."""
    with tempfile.TemporaryDirectory(prefix="linli-journey-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def _anew(folder: Path, name: str) -> Path:
    """A folder of its own each time: a process that ended a platform may be asked for one again."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))


@pytest.fixture(scope="session")
def los_angeles(folder: Path) -> Iterator[Told]:
    """The platform with all 10,000 requests replayed; read it, change nothing that others count."""
    with platform_in(_anew(folder, "los-angeles")) as platform:
        platform.start()
        yield tell_city(platform, all_requests())


@pytest.fixture(scope="session")
def undisturbed(folder: Path) -> End:
    """Where one process ends to which the first rows are told in peace: others must end the same."""
    with platform_in(_anew(folder, "undisturbed")) as platform:
        platform.start()
        return told_to(platform)


@pytest.fixture(scope="session")
def town(folder: Path) -> Iterator[Town]:
    """A platform with a small town of its own: journeys may write to it, in cases of their own."""
    with platform_in(_anew(folder, "town")) as platform:
        platform.start()
        with town_on(platform) as made:
            yield made


@pytest.fixture(scope="session", params=sorted(SHIPPED_ONES))
def community(request: pytest.FixtureRequest, folder: Path) -> Iterator[Community]:
    """Each community that comes with Linli, applied: journeys may write to it, in cases of their own."""
    with community_in(_anew(folder, "community"), request.param) as made:
        yield made
