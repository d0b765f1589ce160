"""Rows of Los Angeles told both ways, in one call and step by step: nothing tells which was which."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city import los_angeles as la
from e2e.city.history import story
from e2e.city.load import load
from e2e.city.platform import City, Platform, sign_in
from e2e.journeys.cities import all_requests, platform_in
from e2e.journeys.ledgers import freed, ledger_of
from libs.ledger.views.view import Views
from libs.testkit.patience import seconds
from services.cases.adapters.publishing import publish
from services.cases.tests.apart import tell_apart, told
from services.command.imports.callers import Callers
from services.command.imports.stories import history
from services.command.imports.telling import position
from services.command.registry import load as service_of

ROWS = 300
APART = f"{la.SYSTEM}-apart"


@dataclass(frozen=True, slots=True)
class BothWays:
    """A platform that was told each row twice, as two cases: the first in one call."""

    platform: Platform
    pairs: list[tuple[pb.Case, pb.Case]]
    revision: str


@pytest.fixture(scope="module")
def both(folder: Path) -> Iterator[BothWays]:
    with platform_in(folder / "both-ways") as platform:
        platform.start()
        city = sign_in(platform.where, platform.secret)
        bodies = load(city, lambda _line: None)
        city.cases.register_external_system(
            pb.RegisterExternalSystemRequest(request_id="system-apart", system=APART)
        )
        rows = all_requests()
        stories = [story(row, bodies) for row in rows[:: len(rows) // ROWS][:ROWS]]
        pairs, revisions = [], []

        def tell(one: Any) -> None:
            together = city.cases.import_case(history(la.SYSTEM, one.number, one.steps))
            apart = tell_apart(city.cases, history(APART, one.number, one.steps))
            pairs.append((together.case, apart.case))
            revisions.append(apart.revision)

        Callers(stories, tell).run(lambda: None)
        last = max(revisions, key=position)
        _until_heard(city, last)
        yield BothWays(platform, pairs, last)


def _until_heard(city: City, revision: str) -> None:
    request = supervision.GetScoreboardRequest(group_by=supervision.GROUPING_ALL, cases_at_least=revision)
    city.supervision.get_scoreboard(request)


def test_ledger_and_published_events_are_the_same(both: BothWays) -> None:
    kinds: set[str] = set()
    with ledger_of(both.platform.data, service_of("cases")) as ledger:
        for together, apart in both.pairs:
            one, other = (ledger.read_stream(f"case-{case.case_id}") for case in (together, apart))
            assert _of_one_system(told(one, together)) == _of_one_system(told(other, apart))
            assert _published(one, together) == _published(other, apart)
            kinds |= {event.name for event in one}

    assert len(both.pairs) == ROWS
    assert len(kinds) >= 10  # the rows are a mixture: reassigned, late, withdrawn, rejected, closed


@pytest.mark.parametrize("name", ["cases", "supervision"])
def test_the_views_show_the_same(both: BothWays, name: str) -> None:
    service, compared = service_of(name), 0
    with ledger_of(both.platform.data, service) as ledger:
        views, head = Views(ledger, service.views), ledger.revision(ledger.head())
        for view in service.views:
            for table in view.tables:
                with views.read(view.name, head, seconds(30.0)) as cursor:
                    rows = cursor.execute(f"SELECT * FROM {view.schema}.{table.name}").fetchall()
                if rows and "case_id" in rows[0]:
                    _assert_alike(rows, both)
                    compared += 1

    assert compared


def _assert_alike(rows: list[Any], both: BothWays) -> None:
    by_case: dict[str, list[Any]] = {}
    for row in rows:
        by_case.setdefault(row["case_id"], []).append(row)
    for together, apart in both.pairs:
        shown = [
            _of_one_system([_without(repr(freed(row)), case) for row in by_case.get(case.case_id, ())])
            for case in (together, apart)
        ]
        assert sorted(shown[0]) == sorted(shown[1])


def _published(recorded: list[Any], case: pb.Case) -> list[str]:
    return _of_one_system([_without(str(publish(each)), case) for each in recorded])


def _without(text: str, case: pb.Case) -> str:
    return text.replace(case.case_id, "CASE").replace(case.public_id, "NUMBER")


def _of_one_system(texts: list[str]) -> list[str]:
    return [text.replace(APART, la.SYSTEM) for text in texts]
