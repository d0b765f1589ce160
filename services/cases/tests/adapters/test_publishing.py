"""What is told to others: every event of a case, with ids and facts only."""

from typing import Any

from linli.cases.v1 import cases_events_pb2 as pb

from libs.ledger.forgotten import ErasureHeard, SubjectForgotten
from libs.ledger.recorded import Context
from libs.ledger.store import shapes
from libs.messaging.feed import may_see
from libs.messaging.translate import envelope, fact_of
from libs.query.reach import Limit, Reach
from libs.rules.areas import NOWHERE
from libs.testkit.readme import published_events
from libs.testkit.recorded import recorded
from services.cases.adapters.ledger import EVENTS
from services.cases.adapters.publishing import publish
from services.cases.domain.case import events
from services.cases.domain.case_areas import AreaSince, CaseLocated
from services.cases.domain.clocks import ClockKind
from services.cases.tests.domain.history import (
    CASE_ID,
    PARKS,
    ROADS,
    STREET,
    after,
    opened,
    resolution_deadline,
    routed,
)
from services.cases.tests.domain.town import Town

OF_SENSORS = ("sensor_", "readings_", "alarm_", "incident_", "linked_alarm_")
INSIDE = {
    "case_released.v1",
    "cases_located.v1",
    "external_system_registered.v1",
    "external_system_transferred.v1",
    "personal_data_disclosed.v1",
}


def _two_merged() -> dict[str, list[events.CaseEvent]]:
    town = Town()
    town.opens("old", after())
    town.opens("new", after(hours=1))
    town.merges("old", "new", after(hours=1))
    return town.told


TOLD = _two_merged()
SPEAKING = {
    "case_opened.v1": opened(),
    "case_routed.v1": routed(),
    "duplicate_added.v1": TOLD["new"][-1],
    "duplicate_removed.v1": events.DuplicateRemoved(
        case_id="old",
        public_id="LL-7F3K9-2QD4X",
        since=after(),
        clocks=(),
        taken=(),
        later=None,
        body_id=ROADS,
        at=after(),
    ),
    "case_resumed.v1": events.CaseResumed(body_id=ROADS, resolution=resolution_deadline(), at=after()),
}
"""Events whose made-up values would not fit into the published message."""


def published(event: object) -> Any:
    area = None if isinstance(event, CaseLocated) else STREET
    [stored] = recorded(f"case-{CASE_ID}", event, context=Context(actor="rob", area=area))
    return publish(stored)


def test_every_event_of_a_case_is_published_but_releases() -> None:
    told = set()
    for name, kind in EVENTS.types.items():
        if kind in (ErasureHeard, SubjectForgotten):
            continue  # every service tells them alike: libs/forgetting
        answer = published(SPEAKING.get(name) or next(iter(shapes.samples(kind))))
        inside = name in INSIDE or "_noted.v" in name or name.startswith(OF_SENSORS)
        assert (answer is None) == inside, name
        if answer is not None:
            told.add(type(answer.message).__name__)

    assert told == published_events(pb)


def test_a_published_event_says_who_may_hear_of_it() -> None:
    moved = published(events.CaseReassigned(from_body_id=ROADS, body_id=PARKS, at=after()))

    assert (moved.area_path, moved.area_id) == (STREET, "mole-street")
    assert set(moved.body_ids) == {ROADS, PARKS}
    assert not moved.public


def test_where_other_boundaries_put_a_case_is_for_those_only_who_see_everything() -> None:
    areas = (AreaSince(since=after(), area_path=STREET), AreaSince(since=after(days=1), area_path=NOWHERE))
    told = published(CaseLocated(case_id=CASE_ID, areas=areas, at=after()))
    everything, the_city, roads = (
        Reach((Limit(path, body),)) for path, body in (("", ""), ("city", ""), ("", ROADS))
    )

    assert [each.area_id for each in told.message.areas] == ["mole-street", ""]
    assert may_see(everything, told)
    assert not may_see(the_city, told)
    assert not may_see(roads, told)


def test_an_opened_case_is_published_without_the_persons_words() -> None:
    message = published(opened()).message

    assert "bucket" not in str(message)
    assert message.area_id == "mole-street"
    assert [deadline.commitment_version for deadline in message.deadlines] == [4, 4]


def test_a_routed_case_cites_item_and_version() -> None:
    message = published(routed()).message

    assert (message.body_id, message.item_id, message.item_version) == (ROADS, "item-1", 2)


def test_a_limit_that_was_used_up_before_anybody_noticed_happened_then() -> None:
    breach = events.DeadlineBreached(clock=ClockKind.RESOLUTION, body_id=ROADS, at=after())
    noticed = Context(actor="rob", occurred_at=after(days=3))
    [stored] = recorded(f"case-{CASE_ID}", breach, context=noticed)

    told = publish(stored)

    assert told is not None
    assert fact_of(envelope("linli://test/cases", stored, told)).time == after()


def test_whoever_tells_reporters_hears_who_else_reported_a_matter() -> None:
    town = Town()
    for case_id in ("first", "second", "third"):
        town.opens(case_id, after())
    town.merges("first", "second", after(hours=1))
    town.merges("second", "third", after(hours=2))
    [added] = [each for each in town.told["third"] if isinstance(each, events.DuplicateAdded)]

    published = publish(*recorded("case-third", added))

    assert published is not None
    assert isinstance(published.message, pb.DuplicateAdded)
    assert [(each.case_id, each.public_id, each.reporter_id) for each in published.message.reports] == [
        ("second", "LL-second", "resident-second"),
        ("first", "LL-first", "resident-first"),
    ]
