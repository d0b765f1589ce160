"""The router: one owner for every matter, for reasons that can be read and run again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.rules.areas import AreaPath
from libs.rules.routing import Decision, Question, Responsibility, Verdict, most_precise, route

AFFAIRS = ("roads", "potholes", "lamps")
AREAS = ("city", "harbour", "mole-street", "hill")
MONDAY = datetime(2022, 1, 3, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def after(**delta: float) -> datetime:
    return MONDAY + timedelta(**delta)


def item(
    item_id: str,
    affair_id: str = "potholes",
    area_id: str = "city",
    *,
    version: int = 1,
    valid_from: datetime = LONG_AGO,
    valid_until: datetime | None = None,
) -> Responsibility:
    return Responsibility(
        item_id=item_id,
        version=version,
        affair_id=affair_id,
        area_id=area_id,
        body_id=f"body-of-{item_id}",
        valid_from=valid_from,
        valid_until=valid_until,
    )


def ask(*items: Responsibility) -> Decision:
    question = Question(
        affair_path="roads/potholes", area_path=AreaPath("city/harbour/mole-street"), at=MONDAY, known=17
    )
    return route(items, question)


def verdicts(decision: Decision) -> dict[str, Verdict]:
    return {line.item_id: line.verdict for line in decision.trace}


def test_an_item_covers_the_affairs_and_areas_below_it() -> None:
    decision = ask(item("all-roads", "roads", "city"))

    assert decision.body_id == "body-of-all-roads"
    assert verdicts(decision) == {"all-roads": Verdict.CHOSEN}


def test_the_more_precise_affair_comes_before_the_more_precise_area() -> None:
    decision = ask(item("roads-here", "roads", "mole-street"), item("potholes-anywhere"))

    assert decision.item_id == "potholes-anywhere"
    assert verdicts(decision)["roads-here"] is Verdict.LESS_PRECISE_AFFAIR


def test_of_one_affair_the_more_precise_area_wins() -> None:
    decision = ask(item("city-wide"), item("harbour", area_id="harbour"))

    assert decision.item_id == "harbour"
    assert verdicts(decision)["city-wide"] is Verdict.WIDER_AREA


def test_items_elsewhere_and_of_other_affairs_are_not_looked_at() -> None:
    decision = ask(item("hill", area_id="hill"), item("lamps", "lamps"))

    assert decision.body_id is None
    assert decision.trace == ()


def test_an_item_holds_from_its_first_moment_until_before_its_end() -> None:
    begins_now = ask(item("now", valid_from=MONDAY))
    ends_now = ask(item("over", valid_until=MONDAY))
    not_yet = ask(item("soon", valid_from=after(minutes=1)))

    assert begins_now.item_id == "now"
    assert verdicts(ends_now) == {"over": Verdict.NO_LONGER_VALID}
    assert verdicts(not_yet) == {"soon": Verdict.NOT_YET_VALID}
    assert ends_now.body_id is not_yet.body_id is None


def test_a_precise_item_that_is_over_leaves_the_matter_to_the_next_above() -> None:
    decision = ask(item("harbour", area_id="harbour", valid_until=LONG_AGO), item("city-wide"))

    assert decision.item_id == "city-wide"


def test_of_two_alike_the_newer_wins() -> None:
    decision = ask(item("old"), item("new", valid_from=datetime(2021, 1, 1, tzinfo=UTC)))

    assert decision.item_id == "new"
    assert verdicts(decision)["old"] is Verdict.OLDER


def test_a_version_that_a_later_one_of_its_item_replaced_is_superseded() -> None:
    first, second = item("one"), item("one", version=2, valid_from=MONDAY)
    beside = item("precise", area_id="harbour")

    assert [(line.version, line.verdict) for line in ask(first, second).trace] == [
        (2, Verdict.CHOSEN),
        (1, Verdict.SUPERSEDED),
    ]
    assert [line.verdict for line in ask(first, second, beside).trace] == [
        Verdict.CHOSEN,
        Verdict.WIDER_AREA,
        Verdict.SUPERSEDED,
    ]


def test_of_two_versions_that_begin_together_the_higher_holds() -> None:
    decision = ask(item("one", version=2), item("one", version=3), item("one"))

    assert (decision.item_id, decision.item_version) == ("one", 3)


def test_of_two_items_that_begin_together_the_first_by_id_wins_whatever_its_version() -> None:
    assert ask(item("b", version=9), item("a")).item_id == "a"


items = st.builds(
    item,
    st.sampled_from(["one", "two", "three"]),
    st.sampled_from(AFFAIRS),
    st.sampled_from(AREAS),
    version=st.integers(1, 3),
    valid_from=st.sampled_from([LONG_AGO, MONDAY, after(days=1)]),
    valid_until=st.sampled_from([None, MONDAY, after(days=2)]),
)


@given(st.lists(items, max_size=4, unique_by=lambda found: (found.item_id, found.version)))
def test_the_order_of_the_list_never_matters(found: list[Responsibility]) -> None:
    decisions = {ask(*order) for order in permutations(found)}

    assert len(decisions) == 1


@given(st.lists(items, max_size=8))
def test_the_chosen_item_is_in_force_and_covers_the_matter(found: list[Responsibility]) -> None:
    decision = ask(*found)

    fitting = [
        one
        for one in found
        if one.affair_id in ("roads", "potholes") and one.area_id != "hill" and one.in_force(MONDAY)
    ]
    assert (decision.body_id is None) == (not fitting)
    assert [line.verdict for line in decision.trace].count(Verdict.CHOSEN) == bool(fitting)


# -- against the plain rule, said in other words ------------------------------------------------------


def better(one: Responsibility, other: Responsibility) -> bool:
    """Whether one of two items in force comes before the other."""
    precise_affair = (one.affair_id == "potholes") - (other.affair_id == "potholes")
    depth = {"city": 0, "harbour": 1, "mole-street": 2}
    precise_area = depth[one.area_id] - depth[other.area_id]
    if precise_affair or precise_area:
        return precise_affair > 0 or (precise_affair == 0 and precise_area > 0)
    if one.valid_from != other.valid_from:
        return one.valid_from > other.valid_from
    return (one.item_id, -one.version) < (other.item_id, -other.version)


def plain_verdict(line: Responsibility, found: list[Responsibility]) -> Verdict:
    """What the rule says of one version, by looking at each pair."""
    if line.valid_from > MONDAY:
        return Verdict.NOT_YET_VALID
    if not line.in_force(MONDAY):
        return Verdict.NO_LONGER_VALID

    def replaced(one: Responsibility) -> bool:
        return any(
            other.item_id == one.item_id
            and other.in_force(MONDAY)
            and (other.valid_from, other.version) > (one.valid_from, one.version)
            for other in found
        )

    if replaced(line):
        return Verdict.SUPERSEDED
    rivals = [one for one in found if one.in_force(MONDAY) and not replaced(one)]
    chosen = next(one for one in rivals if not any(better(other, one) for other in rivals))
    if line == chosen:
        return Verdict.CHOSEN
    if line.affair_id != chosen.affair_id:
        return Verdict.LESS_PRECISE_AFFAIR
    return Verdict.WIDER_AREA if line.area_id != chosen.area_id else Verdict.OLDER


@given(st.lists(items, max_size=9, unique_by=lambda found: (found.item_id, found.version)))
def test_every_verdict_is_that_of_the_plain_rule(found: list[Responsibility]) -> None:
    covering = [one for one in found if one.affair_id != "lamps" and one.area_id != "hill"]

    decision = ask(*found)

    expected = {(one.item_id, one.version): plain_verdict(one, covering) for one in covering}
    assert {(line.item_id, line.version): line.verdict for line in decision.trace} == expected


# -- promises ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Promised:
    affair_id: str
    area_id: str | None = None
    version: int = 1
    valid_from: datetime = LONG_AGO


@pytest.mark.parametrize("promises", list(permutations(range(4))))
def test_the_most_precise_promise_counts_affair_before_area(promises: tuple[int, ...]) -> None:
    known = [
        Promised(affair_id="roads", area_id="mole-street"),
        Promised(affair_id="potholes"),
        Promised(affair_id="potholes", version=2, valid_from=MONDAY),
        Promised(affair_id="potholes", area_id="hill"),
    ]

    def promised(at: datetime) -> Promised | None:
        ordered = [known[place] for place in promises]
        return most_precise(ordered, "roads/potholes", AreaPath("city/harbour/mole-street"), at)

    assert promised(LONG_AGO - timedelta(days=1)) is None
    assert promised(LONG_AGO) == known[1]
    assert promised(MONDAY) == known[2]
