"""What the platform knows that a file must fit to: affairs, bodies, areas, and what is in force when."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import Enum, auto
from functools import lru_cache
from typing import Any

import shapely
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.types.v1.types_pb2 import LocalizedText
from shapely import STRtree
from shapely.geometry import shape

from libs.rpc.moments import moment, moment_of, stamp
from libs.rpc.pages import rows_of_pages
from services.command.imports.platform import Services
from services.command.imports.words import folded

_PAGE = 1000
_SEVERAL = ""

Span = tuple[datetime, datetime]
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Owned(Enum):
    """Whether a body was responsible at a moment."""

    THEN = auto()
    LATER = auto()
    NEVER = auto()


class Words:
    """Finds ids by what people call things: by id, key, or name in either language."""

    def __init__(self, named: Iterable[tuple[str, Sequence[str]]]) -> None:
        self.ids: set[str] = set()
        self._by_word: dict[str, str] = {}
        for found, words in named:
            self.ids.add(found)
            for word in {folded(each) for each in words if each.strip()}:
                self._by_word[word] = found if self._by_word.get(word, found) == found else _SEVERAL
        self._by_word |= {folded(each): each for each in self.ids}

    def find(self, word: str) -> str:
        """The id; "" if nothing is called so, or several are."""
        return self._by_word.get(folded(word), "")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(word for word, found in self._by_word.items() if found))


@dataclass(slots=True)
class Ground:
    """What is there. `ask` answers for an affair, an area and a moment when a body is responsible."""

    affairs: Words
    bodies: Words
    areas: Words
    without_names: frozenset[str]
    outcomes: Mapping[str, Sequence[str]]
    """By affair: the codes with which its cases can be resolved."""
    retired: Mapping[str, datetime]
    """Since when affairs are in use no more."""
    boundaries: "Boundaries"
    ask: Callable[[str, str, datetime], Span | None]
    ask_areas: Callable[[datetime], Words]
    """The areas of a moment, by their names of then."""
    _areas: dict[date, Words] = field(default_factory=dict)
    _spans: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    _not: dict[tuple[str, str, object], Owned] = field(default_factory=dict)

    def area(self, word: str, at: datetime) -> str:
        """The area that is called so, or was on the day of that moment; "" if none is, or several are."""
        if found := self.areas.find(word):
            return found
        day = at.astimezone(UTC).date()
        if day not in self._areas:
            self._areas[day] = self.ask_areas(datetime.combine(day, time.min, UTC))
        return self._areas[day].find(word)

    def locate(self, place: tuple[float, float], at: datetime) -> str:
        """The area that holds the place (latitude, longitude) then, "" if none does."""
        return self.boundaries.locate(place, at)

    def owned(self, affair_id: str, areas: Sequence[str], at: datetime) -> Owned:
        """Whether somebody was responsible then, in any of the areas; the first is likeliest to tell."""
        found = [Owned.NEVER]
        for area_id in filter(None, areas):
            found.append(self._owned(affair_id, area_id, at))
            if found[-1] is Owned.THEN:
                break
        return Owned.LATER if found[-1] is Owned.NEVER and Owned.LATER in found else found[-1]

    def _owned(self, affair_id: str, area_id: str, at: datetime) -> Owned:
        spans = self._spans.setdefault((affair_id, area_id), [])
        if any(since <= at < until for since, until in spans):
            return Owned.THEN
        day = (affair_id, area_id, at.date())
        if day not in self._not:
            if span := self.ask(affair_id, area_id, at):
                spans.append(span)
                return Owned.THEN
            now = self.ask(affair_id, area_id, datetime.now(UTC))
            self._not[day] = Owned.LATER if now and now[0] > at else Owned.NEVER
        return self._not[day]


class Boundaries:
    """The areas on the map: which holds a place."""

    def __init__(self, boundaries: Iterable[tuple[str, str, datetime]] = ()) -> None:
        """Each as the area's id, GeoJSON, and since when."""
        found = [(area_id, shape(json.loads(geojson)), since) for area_id, geojson, since in boundaries]
        self._areas = sorted(found, key=lambda each: each[1].area)
        grounds = [ground for _, ground, _ in self._areas]
        shapely.prepare(grounds)
        self._tree = STRtree(grounds)

    def locate(self, place: tuple[float, float], at: datetime) -> str:
        """The smallest area that holds it (latitude, longitude) then; "" if none does."""
        point = shapely.Point(place[1], place[0])
        for number in sorted(self._tree.query(point)):
            area_id: str = self._areas[number][0]
            _, ground, since = self._areas[number]
            if since <= at and ground.covers(point):
                return area_id
        return ""


def survey(services: Services) -> Ground:
    """Ask for all of it."""
    affairs = list(
        rows_of_pages(services.catalog.list_affairs, catalog.ListAffairsRequest(page_size=_PAGE), "affairs")
    )
    bodies = rows_of_pages(
        services.identity.list_bodies, identity.ListBodiesRequest(page_size=_PAGE), "bodies"
    )
    areas = list(
        rows_of_pages(services.identity.list_areas, identity.ListAreasRequest(page_size=_PAGE), "areas")
    )
    return Ground(
        affairs=_words_of_affairs(affairs),
        bodies=Words((each.body_id, (*_names(each.name), each.natural_key.value)) for each in bodies),
        areas=Words((each.area_id, _names(each.name)) for each in areas),
        without_names=frozenset(each.affair_id for each in affairs if each.anonymous_allowed),
        retired={
            each.affair_id: moment_of(each, "retired_time") or _FIRST for each in affairs if each.retired
        },
        outcomes={each.affair_id: [choice.code for choice in each.outcomes] for each in affairs},
        boundaries=Boundaries(_boundaries(services, areas)),
        ask=lambda affair_id, area_id, at: _responsible(services, affair_id, area_id, at),
        ask_areas=lambda at: _areas_of(services, at),
    )


def _words_of_affairs(affairs: Sequence[catalog.Affair]) -> Words:
    """A name is that of the affair in use, if one that was retired is called the same."""
    used = {folded(word) for each in affairs if not each.retired for word in _names(each.name)}
    return Words(
        (
            each.affair_id,
            [word for word in _names(each.name) if not each.retired or folded(word) not in used],
        )
        for each in affairs
    )


def _areas_of(services: Services, at: datetime) -> Words:
    """The areas of a moment: those that have ended since, and the others by their names of then."""
    request = identity.ListAreasRequest(page_size=_PAGE, at_time=stamp(at))
    found = rows_of_pages(services.identity.list_areas, request, "areas")
    return _words(tuple((each.area_id, tuple(_names(each.name))) for each in found))


@lru_cache(maxsize=64)
def _words(named: tuple[tuple[str, tuple[str, ...]], ...]) -> Words:
    """The same for all days on which all areas are called the same."""
    return Words(named)


def _boundaries(services: Services, areas: Iterable[Any]) -> Iterator[tuple[str, str, datetime]]:
    """The newest boundary of each area, and since when it has had one that is known."""
    for area in areas:
        if not area.boundary_version:
            continue
        request = identity.GetAreaRequest(area_id=area.area_id, with_boundary=True)
        boundary = services.identity.get_area(request).area.boundary
        if boundary.geojson:
            since = moment(boundary.valid_from_time) if boundary.version == 1 else _FIRST
            yield area.area_id, boundary.geojson, since


def _responsible(services: Services, affair_id: str, area_id: str, at: datetime) -> Span | None:
    request = catalog.FindResponsibleRequest(affair_id=affair_id, area_id=area_id, at_time=stamp(at))
    found = services.catalog.find_responsible(request)
    if not found.HasField("responsibility"):
        return None
    item = found.responsibility
    return moment(item.valid_from_time), moment_of(item, "valid_until_time") or _LAST


def _names(name: LocalizedText) -> Sequence[str]:
    return (name.zh, name.en)
