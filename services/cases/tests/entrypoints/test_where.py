"""The exact place of a report, as told to those at work: also from older events."""

from dataclasses import replace

from linli.types.v1 import types_pb2

from libs.ledger.personal import Personal
from libs.testkit.recorded import recorded
from services.cases.application.case import CaseRecord
from services.cases.domain.case import CASE
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.case.situations import Submitted
from services.cases.domain.values import Point
from services.cases.entrypoints.wire.record import full_case_shown
from services.cases.tests.domain.history import CASE_ID, opened

HILLTOP = Point(latitude=34.125, longitude=-118.5)


def shown(event: CaseOpened, *, masked: bool = False) -> types_pb2.Point:
    state = CASE.fold([event])
    assert isinstance(state, Submitted)
    record = CaseRecord(state=state, history=recorded(f"case-{CASE_ID}", event))
    return full_case_shown(record, masked).report.location


def test_the_place_is_shown_to_those_at_work_only() -> None:
    event = replace(opened(), place=Personal("resident-lin", HILLTOP.in_words()))

    assert shown(event) == types_pb2.Point(latitude=34.125, longitude=-118.5)
    assert shown(event, masked=True) == types_pb2.Point()


def test_an_older_event_shows_its_place_until_its_reporter_is_erased() -> None:
    older = replace(opened(), point=HILLTOP)
    erased = replace(older, description=Personal("resident-lin", None))

    assert shown(older) == types_pb2.Point(latitude=34.125, longitude=-118.5)
    assert shown(erased) == types_pb2.Point()
