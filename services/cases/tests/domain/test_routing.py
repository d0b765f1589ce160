"""The router: one owner for every matter, for reasons that can be read and run again."""

from datetime import UTC, datetime
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from services.cases.domain.routing import Decision, Question, Responsibility, Verdict, route
from services.cases.tests.domain.history import MONDAY, after

AFFAIRS = ("roads", "potholes", "lamps")
AREAS = ("city", "harbour", "mole-street", "hill")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


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
        affair_path="roads/potholes", area_path="city/harbour/mole-street", at=MONDAY, known=17
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
