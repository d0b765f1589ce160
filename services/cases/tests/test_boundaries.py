"""Boundaries change while cases are open: each keeps its area, and it is said where others put its place."""

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types
from linli.types.v1 import types_pb2
from shapely import Point, box

from libs.rpc.moments import stamp
from libs.runtime.host.counting import Counting
from libs.telemetry import metrics
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from libs.testkit.views import assert_rebuilt_equals_live
from services.cases.adapters import figures
from services.cases.adapters.picture import LatestPicture
from services.cases.adapters.views import reference, unlocated
from services.cases.application import locating
from services.cases.application.locating import CaseLocating
from services.cases.domain.case import CASE
from services.cases.domain.case_areas import CASE_AREAS, CaseLocated
from services.cases.domain.locating import LOCATING, CasesLocated
from services.cases.tests import neighbours
from services.cases.tests.neighbours import IN_MOLE_STREET, LONG_AGO
from services.cases.tests.wire import known_to, new_id, report, service_of
from services.cases.wiring import SERVICE

pytestmark = pytest.mark.capability("003.1")
DAY = timedelta(days=1)
SEED = 20260301


@pytest.fixture
def running(postgres_server: TestServer) -> Iterator[Component]:
    """A city of its own: its boundaries change."""
    with component(postgres_server, SERVICE) as service:
        neighbours.tell(service)
        yield service


@pytest.fixture
def staff(running: Component) -> Any:
    operator = service_of(running, running.mint.person("OPERATOR"))
    eventually(lambda: known_to(operator, affair_id="potholes", location=IN_MOLE_STREET))
    return operator


class Ground:
    """What the neighbour says of areas, and what shapely makes of it."""

    def __init__(self, running: Component) -> None:
        self.running = running
        self.drawn: dict[str, list[tuple[datetime, Any]]] = {}
        self.ends: dict[str, datetime] = {}

    def draws(self, path: str, rectangle: tuple[float, float, float, float], since: datetime) -> None:
        west, south, east, north = rectangle
        area_id = path.rpartition("/")[2]
        versions = self.drawn.setdefault(path, [])
        if not versions:
            level = identity_types.AREA_LEVEL_COMMUNITY
            defined = identity.AreaDefined(area_id=area_id, area_path=path, level=level)
            self.running.hears("identity", defined)
        versions.append((since, box(west, south, east, north)))
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        told = identity.AreaBoundaryChanged(
            area_id=area_id,
            area_path=path,
            version=len(versions),
            boundary=json.dumps({"type": "Polygon", "coordinates": [ring]}),
            valid_from_time=stamp(since),
        )
        self.running.hears("identity", told)

    def ends_at(self, path: str, at: datetime, *successors: str) -> None:
        self.ends[path] = at
        ended = identity.AreaEnded(
            area_id=path.rpartition("/")[2],
            area_path=path,
            valid_until_time=stamp(at),
            successor_area_ids=successors,
        )
        self.running.hears("identity", ended)

    def around(self, point: Point, at: datetime) -> str:
        """The area that has a point inside at a moment: one after the other, by shapely alone."""
        for path, versions in self.drawn.items():
            begun = [shape for since, shape in versions if since <= at]
            if begun and at < self.ends.get(path, at + DAY) and begun[-1].contains(point):
                return path
        return "city/hill" if box(5, 5, 7, 7).contains(point) else "city"


def located(running: Component) -> dict[str, CaseLocated]:
    """What was said of each case last."""
    events = [each.event for each in running.opened.ledger.read(limit=100_000)]
    return {event.case_id: event for event in events if isinstance(event, CaseLocated)}


def settled(running: Component) -> bool:
    """Whether nothing is left to be located."""
    ledger = running.opened.ledger
    ground = max(each.position for each in ledger.read(limit=100_000) if "boundary" in each.name)
    reads = unlocated.UnlocatedReads(running.opened.views)
    known, left = reads.unlocated(running.opened.streams.of(LOCATING).load("all").state, 1)
    return known >= ground and not left


def placed_by(case: pb.Case, said: dict[str, CaseLocated], at: datetime) -> str:
    areas = said[case.case_id].areas if case.case_id in said else ()
    return str(([case.area_path] + [each.area_path for each in areas if each.since <= at])[-1])


def opened(staff: Any, longitude: float, latitude: float, **about: Any) -> pb.Case:
    place = {"longitude": longitude, "latitude": latitude}
    return staff.open_case(report("graffiti", location=place, **about)).case  # type: ignore[no-any-return]


def lies(staff: Any, longitude: float, latitude: float, area_path: str) -> bool:
    """Whether a report from there would be taken in in an area."""
    place = types_pb2.Point(longitude=longitude, latitude=latitude)
    asked = pb.PreviewRoutingRequest(affair_id="graffiti", location=place)
    return bool(staff.preview_routing(asked).routing.area_path == area_path)


def worker(running: Component) -> CaseLocating:
    """What locates cases again, as another process has it."""
    streams, facts = running.opened.streams, reference.ReferenceReads(running.opened.views)
    return CaseLocating(
        cases=streams.of(CASE),
        areas=streams.of(CASE_AREAS),
        progress=streams.of(LOCATING),
        reads=unlocated.UnlocatedReads(running.opened.views),
        picture=LatestPicture(facts, running.opened.ledger, every=0),
        clock=lambda: datetime.now(UTC),
    )


def test_every_cut_equals_a_recount_from_the_places(
    running: Component, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A city of two communities that are redrawn, split and merged while cases come in."""
    monkeypatch.setattr(locating, "REST", timedelta())
    chance, ground, now = random.Random(SEED), Ground(running), datetime.now(UTC)  # no secret
    ground.draws("city/moor", (3, 0, 4, 2), LONG_AGO)
    ground.draws("city/fen", (4, 0, 5, 2), LONG_AGO)

    def some_cases() -> list[tuple[pb.Case, Point]]:
        places = [(chance.uniform(2.5, 5.5), chance.uniform(0.01, 1.99)) for _ in range(20)]
        eventually(lambda: settled(running))
        return [(opened(staff, x, y, area_id="city"), Point(x, y)) for x, y in places]

    cases = some_cases()
    ground.draws("city/moor", (3, 0, 3.6, 2), now - 3 * DAY)  # gives up ground
    ground.draws("city/fen", (3.6, 0, 5, 2), now - 3 * DAY)
    cases += some_cases()
    for part, rectangle in (("fen-n", (3.6, 1, 5, 2)), ("fen-s", (3.6, 0, 5, 1))):
        ground.draws(f"city/{part}", rectangle, now - 2 * DAY)
    ground.ends_at("city/fen", now - 2 * DAY, "fen-n", "fen-s")
    cases += some_cases()
    ground.draws("city/south", (3, 0, 5, 1), now + DAY)  # to come
    ground.ends_at("city/fen-s", now + DAY, "south")
    cases += some_cases()
    eventually(lambda: settled(running))

    said = located(running)
    for at in (LONG_AGO, now - 4 * DAY, now - 3 * DAY, now - 2 * DAY, now, now + DAY, now + 2 * DAY):
        for case, point in cases:
            assert placed_by(case, said, at) == ground.around(point, at), (at, point.wkt)
    assert_rebuilt_equals_live(running.opened.ledger, [unlocated.VIEW])


def test_a_case_keeps_its_area_its_clocks_and_its_revision_when_its_place_is_redrawn(
    running: Component, staff: Any
) -> None:
    ground = Ground(running)
    ground.draws("city/moor", (3, 0, 4, 2), LONG_AGO)
    eventually(lambda: lies(staff, 3.5, 0.5, "city/moor"))
    case = opened(staff, 3.5, 0.5)
    before = staff.get_case(pb.GetCaseRequest(case_id=case.case_id))

    ground.draws("city/moor", (3, 1, 4, 2), datetime.now(UTC))
    eventually(lambda: case.case_id in located(running))

    assert staff.get_case(pb.GetCaseRequest(case_id=case.case_id)) == before


def test_a_case_that_names_an_area_and_one_that_no_boundary_ever_moves_say_nothing(
    running: Component, staff: Any
) -> None:
    ground = Ground(running)
    ground.draws("city/moor", (3, 0, 4, 2), LONG_AGO)
    eventually(lambda: lies(staff, 3.5, 0.5, "city/moor"))
    named = staff.open_case(report("graffiti", location=None, area_id="moor")).case
    elsewhere, moved = opened(staff, 0.5, 0.5), opened(staff, 3.5, 0.5)

    ground.draws("city/moor", (3, 1, 4, 2), datetime.now(UTC))
    eventually(lambda: settled(running))

    assert set(located(running)) == {moved.case_id}
    assert {named.area_path, elsewhere.area_path} == {"city/moor", "city/harbour/mole-street"}


def test_what_was_erased_stays_where_it_was_known_to_lie(running: Component, staff: Any) -> None:
    ground = Ground(running)
    ground.draws("city/moor", (3, 0, 4, 2), LONG_AGO)
    eventually(lambda: lies(staff, 3.5, 0.5, "city/moor"))
    case = opened(staff, 3.5, 0.5)
    officer = service_of(running, running.mint.person("DATA_PROTECTION_OFFICER"))
    officer.erase_case_content(
        pb.EraseCaseContentRequest(request_id=new_id(), case_id=case.case_id, reason="asked for it")
    )

    ground.draws("city/moor", (3, 1, 4, 2), datetime.now(UTC))
    eventually(lambda: settled(running))

    assert located(running) == {}


def test_new_cases_on_redrawn_ground_are_located_together(
    running: Component, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a district that was redrawn once has two appends a second for ever."""
    ground = Ground(running)
    ground.draws("city/moor", (3, 0, 4, 2), LONG_AGO)
    eventually(lambda: lies(staff, 3.5, 0.5, "city/moor"))
    opened(staff, 3.5, 0.5)
    ground.draws("city/moor", (3, 1, 4, 2), datetime.now(UTC) - DAY)
    eventually(lambda: settled(running))

    monkeypatch.setattr(locating, "REST", DAY)
    new = {opened(staff, 3.5, 0.5, area_id="city").case_id for _ in range(3)}
    reads, progress = unlocated.UnlocatedReads(running.opened.views), running.opened.streams.of(LOCATING)
    eventually(lambda: reads.unlocated(progress.load("all").state, 10)[1].keys() == new)
    assert worker(running).some() == 0
    assert unlocated_shown(running) == {"earlier": 0, "since": 3, "other": 0}

    monkeypatch.setattr(locating, "REST", timedelta())
    before = running.opened.ledger.head()
    eventually(lambda: settled(running))
    later = running.opened.ledger.read(after=before, limit=100)
    assert len([each for each in later if isinstance(each.event, CasesLocated)]) == 1
    assert new <= located(running).keys()
    eventually(lambda: not any(unlocated_shown(running).values()))


def unlocated_shown(running: Component) -> dict[str, int]:
    """What operators see of how many are left."""
    Counting(figures.count, running.opened.views).count()
    shown = metrics.exposition().decode()
    said = re.findall(r'^linli_cases_unlocated{opened="(\w+)"} (\d+)', shown, re.MULTILINE)
    return {opened: int(cases) for opened, cases in said}


def test_it_goes_on_where_another_process_stopped_and_says_everything_once(
    running: Component, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some cases at a time, by processes of which each does one step and is no more, beside the usual one."""
    monkeypatch.setattr(locating, "TOGETHER", 7)
    ground = Ground(running)
    ground.draws("city/moor", (3, 0, 4, 2), LONG_AGO)
    eventually(lambda: lies(staff, 3.5, 0.5, "city/moor"))
    cases = {opened(staff, 3.2 + number / 100, 0.5).case_id for number in range(40)}
    started = running.opened.ledger.head()

    ground.draws("city/moor", (3, 1, 4, 2), datetime.now(UTC))
    eventually(lambda: not worker(running).some() and settled(running))

    events = [each.event for each in running.opened.ledger.read(after=started, limit=1_000)]
    assert sorted(each.case_id for each in events if isinstance(each, CaseLocated)) == sorted(cases)
    steps = [each.until for each in events if isinstance(each, CasesLocated)]
    assert steps == sorted(steps)
    assert len(steps) >= len(cases) / 7
    assert running.parked() == 0
