"""The communities that come with Linli, each on a platform of its own, and what is reported there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linli.identity.v1 import identity_service_pb2 as identity

from e2e.city.platform import City, Platform
from e2e.journeys.cities import platform_in
from e2e.journeys.town import Town, talking_on
from libs.testkit.commands import linli
from services.command import community

SHIPPED = Path(community.__file__).parent / "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is reported where, whose it is, and how it ends."""

    affair: str
    latitude: float
    longitude: float
    area: str
    body: str
    calendar: str
    outcome: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A community that was applied: its people speak to it by `town`."""

    name: str
    town: Town
    matters: Sequence[Matter]

    @property
    def file(self) -> Path:
        """What was applied."""
        return SHIPPED / self.name / "community.yaml"

    @property
    def platform(self) -> Platform:
        """Where it lives."""
        return self.town.platform

    def person(self, role: str, subject: str, *, area: str = "", body: str = "") -> City:
        """Somebody with a role within an area, for a body, or both."""
        path = self.path(area) if area else ""
        return self.town.anyone(self.town.mint.person(role, subject=subject, area=area, path=path, body=body))

    def path(self, area: str) -> str:
        """The ids from the root of the tree to an area."""
        above = self.town.operator.identity.get_area(identity.GetAreaRequest(area_id=area)).area.parent_id
        return f"{self.path(above)}/{area}" if above else area


@contextmanager
def community_in(folder: Path, name: str, matters: Sequence[Matter]) -> Iterator[Community]:
    """A community as its file says, applied by the command line."""
    with platform_in(folder / f"community-{name}") as platform:
        platform.start()
        apply(platform, SHIPPED / name / "community.yaml")
        with talking_on(platform) as town:
            yield Community(name=name, town=town, matters=matters)


def apply(platform: Platform, file: Path) -> str:
    """What `linli community apply` says."""
    there = ("--data", str(platform.data), "--port", str(platform.port))
    ended = linli("community", "apply", str(file), *there, "--yes")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
