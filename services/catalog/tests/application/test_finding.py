"""Who answers: precise affair, then precise area; and the trace says why."""

import random
from datetime import datetime, timedelta

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.rules.areas import AreaPath
from libs.rules.routing import Verdict, chosen_of, judge, most_precise
from libs.testkit.clocks import moment
from services.catalog.application.ports import Line
from services.catalog.domain.commitment import COMMITMENT, PublishCommitment
from services.catalog.domain.values import AffairRef, AreaRef
from services.catalog.tests.domain.stories import NOW, promise

JANUARY, FEBRUARY, MARCH, APRIL = (moment(f"2020-0{month}-01 00:00") for month in (1, 2, 3, 4))


def line(
    affair: str, area: str, start: datetime = JANUARY, end: datetime | None = None, version: int = 1
) -> Line:
    return Line(
        item_id=f"{affair}:{area}:1",
        version=version,
        affair_id=affair,
        area_id=area,
        body_id=f"body-of-{affair}-in-{area}-{version}",
        legal_basis="",
        helper_ids=(),
        valid_from=start,
        valid_until=end,
    )


def find(*lines: Line, at: datetime = MARCH) -> tuple[Line | None, dict[str, str]]:
    trace = judge(lines, "assistance/meals", AreaPath("city/street"), at)
    return chosen_of(trace), {f"{each.item_id} v{each.version}": verdict for each, verdict in trace}


def test_nobody_answers_where_the_list_is_silent() -> None:
    assert find(line("assistance", "elsewhere"), line("pension", "city")) == (None, {})


def test_an_item_covers_the_affairs_and_areas_below() -> None:
    wide = line("assistance", "city")

    assert find(wide) == (wide, {"assistance:city:1 v1": "chosen"})


def test_the_precise_affair_beats_the_precise_area() -> None:
    affair, area, both = line("meals", "city"), line("assistance", "street"), line("meals", "street")

    assert find(affair, area)[0] == affair
    assert find(affair, area, both) == (
        both,
        {
            "meals:street:1 v1": "chosen",
            "meals:city:1 v1": "wider_area",
            "assistance:street:1 v1": "less_precise_affair",
        },
    )


def test_a_later_version_takes_over_at_its_moment() -> None:
    first, second = line("meals", "city"), line("meals", "city", FEBRUARY, version=2)

    assert find(first, second, at=FEBRUARY - timedelta(microseconds=1)) == (
        first,
        {"meals:city:1 v2": "not_yet_valid", "meals:city:1 v1": "chosen"},
    )
    assert find(first, second, at=FEBRUARY) == (
        second,
        {"meals:city:1 v2": "chosen", "meals:city:1 v1": "superseded"},
    )


def test_a_correction_from_the_same_moment_wins() -> None:
    first, second = line("meals", "city"), line("meals", "city", version=2)

    assert find(second, first)[0] == second
    assert find(first, second)[0] == second


def test_an_item_ends_before_its_end_moment() -> None:
    item = line("meals", "city", end=MARCH)

    assert find(item, at=MARCH - timedelta(microseconds=1))[0] == item
    assert find(item, at=MARCH) == (None, {"meals:city:1 v1": "no_longer_valid"})
    assert find(item, at=JANUARY - timedelta(days=1)) == (None, {"meals:city:1 v1": "not_yet_valid"})


def test_the_order_of_the_list_does_not_matter() -> None:
    arbitrary = random.Random(7)
    affairs, areas = ["assistance", "meals", "other"], ["city", "street", "other"]
    lines = [
        line(affair, area, start, end)
        for affair in affairs
        for area in areas
        for start, end in arbitrary.sample([(JANUARY, MARCH), (MARCH, None), (APRIL, None)], k=2)
    ]
    answer = find(*lines)

    for _ in range(20):
        arbitrary.shuffle(lines)
        assert find(*lines) == answer


def test_every_verdict_has_its_place_in_the_proto() -> None:
    names = {value.name.removeprefix("VERDICT_") for value in pb.Verdict.DESCRIPTOR.values if value.number}

    assert names == {verdict.name for verdict in Verdict}


def test_the_most_precise_commitment_counts() -> None:
    def published(affair: str, area: str) -> PublishCommitment:
        ref = AreaRef(area_id=area, path=AreaPath(area)) if area else None
        return promise(affair=AffairRef(affair_id=affair, path=affair), area=ref, valid_from=NOW)

    def holding(*pairs: tuple[str, str]) -> str | None:
        decided = [COMMITMENT.decide(published(*pair), COMMITMENT.initial)[0] for pair in pairs]
        found = most_precise(decided, "assistance/meals", AreaPath("city/street"), NOW)
        return found.commitment_id if found else None

    assert holding() is None
    assert holding(("other", ""), ("meals", "elsewhere")) is None
    assert holding(("assistance", "street"), ("meals", "")) == "meals"
    assert holding(("meals", ""), ("meals", "city")) == "meals:city"
    assert holding(("meals", "city"), ("meals", "street"), ("assistance", "street")) == "meals:street"
