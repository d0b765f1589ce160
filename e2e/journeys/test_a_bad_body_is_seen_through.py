"""A month with a body that plays every trick: scoreboard, escalation and the resident's view tell the truth.

The roads office of Songlin has benches to mend, one for each trick, and a friend among the dispatchers of the
district. It has two days to respond and five to mend a bench, day and night, and must show a photo.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as terms
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city.platform import City
from e2e.journeys.month import Month, month_in
from e2e.journeys.town import (
    EAST,
    ROADS,
    TOWN,
    WATER,
    Town,
    on,
    take_on,
)
from libs.rpc.failures import RpcFailed
from libs.rpc.naming import snake_case

pytestmark = pytest.mark.timeout(600)
BENCH = "broken-bench"
TRICKS = (
    *("honest", "asleep", "accept-and-return", "pause", "close-at-once", "note", "reject"),
    *("confirmed-by-a-friend", "friends-bench"),
)
STAFF: dict[str, tuple[str, dict[str, str]]] = {
    "rob": ("CASE_OFFICER", {"body": ROADS}),
    "wen": ("CASE_OFFICER", {"body": WATER}),
    "friend": ("DISPATCHER", {"area": EAST}),
    "dora": ("DISPATCHER", {"area": TOWN}),
}


@dataclass(slots=True)
class Story:
    """Who acts in this month, the cases by the trick that is played with each, and what was refused."""

    month: Month
    told: dict[str, cases.Case] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def town(self) -> Town:
        """Songlin."""
        return self.month.town

    def reports(self, trick: str) -> None:
        """A resident reports a bench, with which the roads office will play that trick."""
        self.told[trick] = self.town.report(self.resident(trick), affair_id=BENCH)

    def resident(self, trick: str) -> City:
        """Who reported it."""
        return self.town.resident(f"neighbour-{trick}")

    def staff(self, who: str) -> City:
        """Signed in anew: days pass, and tokens expire."""
        role, reach = STAFF[who]
        return self.town.person(role, who, **reach)

    def does(self, who: str, trick: str, rpc: str, **fields: Any) -> None:
        """Somebody signs in and does something with a case; why it is refused is kept."""
        city = self.staff(who) if who in STAFF else self.resident(trick)
        request = getattr(cases, f"{rpc}Request")(**on(self.told[trick], **fields))
        try:
            getattr(city.cases, snake_case(rpc))(request)
        except RpcFailed as failed:
            self.refused[trick].append(failed.reason)

    def seen(self, trick: str) -> cases.MyCase:
        """What the resident sees."""
        asked = cases.GetMyCaseRequest(case_id=self.told[trick].case_id)
        return self.resident(trick).cases.get_my_case(asked).case  # type: ignore[no-any-return]

    def deadlines(self, trick: str, *, staff: bool = False) -> Sequence[types.Deadline]:
        """The limits, as the resident or (with those who were told) as staff reads them."""
        if not staff:
            return self.seen(trick).case.deadlines
        asked = cases.GetCaseRequest(case_id=self.told[trick].case_id)
        return self.town.operator.cases.get_case(asked).case.deadlines  # type: ignore[no-any-return]

    def trail(self, trick: str) -> Sequence[supervision.TrailEntry]:
        """All that happened, as supervision keeps it."""
        asked = supervision.GetCaseTrailRequest(
            case_id=self.told[trick].case_id, cases_at_least=self.month.revision("cases")
        )
        return self.town.operator.supervision.get_case_trail(asked).entries  # type: ignore[no-any-return]


def word_of(deadline: types.Deadline) -> str:
    """Which limit it is."""
    return types.ClockKind.Name(deadline.clock).removeprefix("CLOCK_KIND_")


def photo(of: str) -> types.EvidenceReference:
    digest = hashlib.sha256(of.encode()).hexdigest()
    return types.EvidenceReference(
        kind=terms.EVIDENCE_KIND_PHOTO, digest=digest, media_type="image/jpeg", size=9
    )


@pytest.fixture(scope="module")
def story(folder: Path) -> Iterator[Story]:
    with month_in(folder / "month") as month:
        # two days to respond, five to mend, and a photo
        take_on(month.town.operator, BENCH, ROADS, "长椅损坏", evidence_kinds=[terms.EVIDENCE_KIND_PHOTO])
        told = Story(month)
        tell(told)
        yield told


def tell(told: Story) -> None:
    """The month, day by day."""
    month = told.month
    for trick in TRICKS:
        told.reports(trick)
    to_roads = {"body_id": ROADS, "legal_basis": "市政府令第7号", "reason": "it is theirs"}

    month.goes_on_until(0.1)
    told.does("rob", "honest", "AcceptCase")
    told.does("rob", "honest", "AnswerReporter", text="我们明天来修")
    told.does("rob", "accept-and-return", "AcceptCase")
    told.does("rob", "accept-and-return", "ReturnCase", reason="too much work")
    told.does("friend", "accept-and-return", "ReassignCase", **to_roads)
    told.does("rob", "accept-and-return", "AcceptCase")
    told.does("rob", "accept-and-return", "ReturnCase", reason="still too much work")
    told.does("rob", "pause", "StartWork")
    told.does("rob", "pause", "PauseCase", reason_code="weather", reason="it may rain")
    told.does("rob", "close-at-once", "ResolveCase", outcome_code="resolved", outcome="done")
    told.does("rob", "close-at-once", "ResolveCase", outcome_code="resolved", evidence=[photo("any bench")])
    told.does("rob", "close-at-once", "CloseCase")
    told.does("rob", "note", "AddNote", text="somebody will look at it", to_reporter=True)
    told.does("friend", "note", "AddNote", text="somebody will look at it", to_reporter=True)
    told.does("friend", "reject", "RejectCase", reason_code="unclear", reason="rob asked me to")

    told.does("rob", "confirmed-by-a-friend", "AcceptCase")
    into = told.told["confirmed-by-a-friend"].case_id
    told.does("friend", "friends-bench", "MergeCases", into_case_id=into, reason="the same bench")
    told.does(
        "rob", "confirmed-by-a-friend", "ResolveCase", outcome_code="resolved", evidence=[photo("a bench")]
    )
    told.does("neighbour", "friends-bench", "ConfirmResolution")
    told.does("friend", "friends-bench", "UnmergeCase", reason="another bench after all")
    told.does("rob", "confirmed-by-a-friend", "CloseCase")

    month.goes_on_until(1)
    told.does("rob", "honest", "StartWork")
    told.does("rob", "honest", "ResolveCase", outcome_code="resolved", evidence=[photo("honest bench")])
    told.does("neighbour", "close-at-once", "ObjectToResolution", reason="还是坏的")
    told.does("rob", "close-at-once", "ResolveCase", outcome_code="resolved", evidence=[photo("any bench")])
    told.does("neighbour", "reject", "ObjectToRejection", reason="照片很清楚")

    month.goes_on_until(1.5)
    told.does("rob", "reject", "CloseCase")
    told.does(
        "dora", "reject", "ReassignCase", body_id=WATER, legal_basis="市政府令第7号", reason="they will do it"
    )
    told.does("wen", "reject", "ResolveCase", outcome_code="resolved", evidence=[photo("mended by water")])
    told.does("neighbour", "reject", "ConfirmResolution")

    month.goes_on_until(3)
    told.does("rob", "note", "AnswerReporter", text="we have answered, have we not")

    month.goes_on_until(10)
    told.does("rob", "pause", "ResumeCase")
    told.does("rob", "pause", "PauseCase", reason_code="access", reason="the gate is locked")

    month.goes_on_until(20)
    told.does("rob", "pause", "ResumeCase")
    told.does("rob", "pause", "PauseCase", reason_code="third-party", reason="somebody else")
    longer = {"reason_code": "third-party", "reason": "they never come", "until_time": month.in_days(90)}
    told.does("rob", "pause", "RequestPause", **longer)
    told.does("rob", "pause", "ApprovePause", pause_id="pause-1", reason="I trust myself")
    told.does("rob", "asleep", "ReturnCase", reason="it has become so late")

    month.goes_on_until(30)


def test_what_a_trick_needs_is_refused(story: Story) -> None:
    assert dict(story.refused) == {
        "close-at-once": ["EVIDENCE_MISSING", "CONFIRMATION_PENDING", "EVIDENCE_MISSING"],
        "confirmed-by-a-friend": ["CONFIRMATION_PENDING"],
        "reject": ["OUT_OF_REACH"],
        "pause": ["PAUSE_LIMIT_USED", "SCOPE_MISSING"],
    }


def test_no_limit_passes_without_a_trace(story: Story) -> None:
    late = {
        trick: [word_of(each) for each in story.deadlines(trick) if each.breached] for trick in story.told
    }

    assert late == {
        "honest": [],
        "asleep": ["FIRST_RESPONSE", "RESOLUTION"],
        "accept-and-return": ["FIRST_RESPONSE", "RESOLUTION", "ADJUDICATION"],
        "pause": ["RESOLUTION"],
        "close-at-once": ["RESOLUTION"],
        "note": ["FIRST_RESPONSE", "RESOLUTION"],
        "reject": [],
        "confirmed-by-a-friend": [],
        "friends-bench": ["FIRST_RESPONSE", "RESOLUTION"],
    }


def test_only_what_was_paused_falls_due_later_and_by_three_days_at_most(story: Story) -> None:
    for trick in story.told:
        resolution = next(each for each in story.deadlines(trick) if word_of(each) == "RESOLUTION")
        took = resolution.due_time.ToDatetime() - story.told[trick].opened_time.ToDatetime()
        assert took == timedelta(days=8 if trick == "pause" else 5), trick


@pytest.mark.parametrize("trick", ["asleep", "accept-and-return", "pause", "close-at-once", "note"])
def test_each_level_above_is_told_once_and_in_order(story: Story, trick: str) -> None:
    for deadline in story.deadlines(trick, staff=True):
        if deadline.breached and word_of(deadline) == "RESOLUTION":
            told = [step.told_time.ToDatetime() for step in deadline.escalation]
            assert [step.area_id for step in deadline.escalation] == [EAST, EAST, TOWN]
            assert told[0] == deadline.due_time.ToDatetime()
            assert told == sorted(set(told))
    moments = Counter(
        (entry.type.rpartition(".")[2], entry.clock) for entry in story.trail(trick) if entry.clock
    )
    assert set(moments.values()) == {1}


@pytest.mark.capability("004.1")
def test_the_scoreboard_counts_a_limit_for_the_body_that_let_it_pass(story: Story) -> None:
    asked = supervision.GetScoreboardRequest(
        group_by=supervision.GROUPING_BODY,
        affair_id=BENCH,
        cases_at_least=story.month.revision("cases"),
    )
    rows = story.town.operator.supervision.get_scoreboard(asked).rows
    counted = {row.group_id: (row.cases, row.on_time, row.overdue, *late_of(row)) for row in rows}

    assert counted == {
        "": (2, 0, 2, 1, 1),  # one that went round until nobody had it, and one given back when it was late
        ROADS: (6, 2, 4, 3, 5),
        WATER: (1, 1, 0, 0, 0),
    }
    assert [row.returned for row in rows if row.group_id == ROADS] == [2]


def late_of(row: supervision.ScoreboardRow) -> tuple[int, int]:
    """How often it let the first limit pass, and the last."""
    return row.first_response_breached, row.resolution_breached


def test_a_resident_reads_who_did_what_and_why(story: Story) -> None:
    note, rejected = story.seen("note"), story.seen("reject")

    assert [each.text for each in note.notes][-1] == "we have answered, have we not"
    assert note.case.body_id == ROADS
    [first] = [each for each in note.case.deadlines if word_of(each) == "FIRST_RESPONSE"]
    assert first.breached
    assert first.met_time.ToDatetime() > first.due_time.ToDatetime()
    happened = [entry.event.rpartition(".")[2] for entry in rejected.history]
    assert [name for name in happened if name in ENDS] == [
        "CaseRejected", "RejectionContested", "AdjudicationOpened", "CaseReassigned", "CaseResolved",
        "CaseConfirmed", "CaseClosed",
    ]  # fmt: skip
    assert rejected.case.body_id == WATER
    [asked] = story.seen("pause").pause_requests
    assert asked.decision == types.PAUSE_DECISION_LAPSED  # nobody approved it, and nothing stood still for it


ENDS = {
    "CaseRejected",
    "RejectionContested",
    "AdjudicationOpened",
    "CaseReassigned",
    "CaseResolved",
    "CaseConfirmed",
    "CaseClosed",
}
