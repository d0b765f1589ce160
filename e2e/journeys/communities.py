"""The communities that come with Linli, each on a platform of its own, and what is reported there."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as terms
from linli.identity.v1 import identity_service_pb2 as identity
from linli.types.v1.types_pb2 import Point

from e2e.city.platform import City, Platform
from e2e.journeys.cities import platform_in
from e2e.journeys.town import Town, new_id, talking_on
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

    def report(self, **fields: Any) -> cases.OpenCaseRequest:
        """A resident's report of it."""
        place = Point(latitude=self.latitude, longitude=self.longitude)
        told = {
            "affair_id": self.affair,
            "channel": types.CHANNEL_WEB,
            "location": place,
            "description": "请来看一下",
        }
        return cases.OpenCaseRequest(**{"request_id": new_id(), **told, **fields})

    def proof(self) -> types.EvidenceReference:
        """What the commitment demands at the end."""
        return types.EvidenceReference(
            kind=terms.EvidenceKind.Value(f"EVIDENCE_KIND_{self.evidence}"),
            digest=hashlib.sha256(self.affair.encode()).hexdigest(),
            media_type="image/jpeg",
            size=84_213,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A report on the eve of a holiday: `due` by the days off that the city publishes, counted by hand."""

    matter: Matter
    opened: datetime
    due: datetime


_XINAN = (
    Matter(
        affair="fire-hazard",
        latitude=30.2035,
        longitude=119.9038,
        area="hongfeng-1",
        body="emergency",
        outcome="ended",
        evidence="PHOTO",
        calendar="day-and-night",
    ),
    Matter(
        affair="neighbour-dispute",
        latitude=30.2325,
        longitude=119.9175,
        area="gongnong-3",
        body="gongnong-committee",
        outcome="mediated",
        evidence="DOCUMENT",
        calendar="office",
    ),
    Matter(
        affair="meal-aid",
        latitude=30.2155,
        longitude=119.9095,
        area="binhe-2",
        body="heyang-care",
        outcome="resolved",
        evidence="SIGNATURE",
        calendar="office",
    ),
)
_LOS_ANGELES = (
    Matter(
        affair="graffiti-removal",
        latitude=34.05148298,
        longitude=-118.209785,
        area="la-nc-50",
        body="ocb",
        outcome="resolved",
        evidence="PHOTO",
        calendar="la-city",
    ),
    Matter(
        affair="single-streetlight-issue",
        latitude=33.98190267,
        longitude=-118.3124585,
        area="la-nc-81",
        body="bsl",
        outcome="resolved",
        evidence="PHOTO",
        calendar="la-city",
    ),
)

SHIPPED_ONES: Mapping[str, tuple[Sequence[Matter], Holiday]] = {
    # Friday; Martin Luther King's birthday is the Monday after, so the third working day is the Thursday
    "los-angeles": (
        _LOS_ANGELES,
        Holiday(
            matter=_LOS_ANGELES[0],
            opened=datetime(2020, 1, 17, 18, tzinfo=UTC),
            due=datetime(2020, 1, 23, 18, tzinfo=UTC),
        ),
    ),
    # the day before National Day; 1 to 7 October are off, and the Saturday after them is worked
    "xinan": (
        _XINAN,
        Holiday(
            matter=_XINAN[2],
            opened=datetime(2026, 9, 30, 2, tzinfo=UTC),
            due=datetime(2026, 10, 10, 2, tzinfo=UTC),
        ),
    ),
}
"""What is reported in each, and when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A community that was applied: its people speak to it by `town`."""

    name: str
    town: Town
    matters: Sequence[Matter]
    holiday: Holiday

    @property
    def root(self) -> str:
        """The area above all."""
        return self.path(self.matters[0].area).partition("/")[0]

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
def community_in(folder: Path, name: str) -> Iterator[Community]:
    """A community as its file says, applied by the command line."""
    matters, holiday = SHIPPED_ONES[name]
    with platform_in(folder / f"community-{name}") as platform:
        platform.start()
        apply(platform, SHIPPED / name / "community.yaml")
        with talking_on(platform) as town:
            yield Community(name=name, town=town, matters=matters, holiday=holiday)


def apply(platform: Platform, file: Path) -> str:
    """What `linli community apply` says."""
    there = ("--data", str(platform.data), "--port", str(platform.port))
    ended = linli("community", "apply", str(file), *there, "--yes")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
