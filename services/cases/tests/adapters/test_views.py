"""What the views make of a history: pure folds, no store."""

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.rules.areas import AreaPath
from libs.testkit.clocks import moment
from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.cases.adapters.views.all_cases import AllCases
from services.cases.adapters.views.due_moments import DueMoments
from services.cases.adapters.views.reference import ReferenceFacts
from services.cases.domain.case import CASE, events
from services.cases.domain.case.commands import (
    AcceptCase,
    AnnulMoment,
    AnswerReporter,
    CaseCommand,
    CloseCase,
    ConfirmResolution,
    ContestRejection,
    PassMoments,
    RejectCase,
    ReleaseCase,
    ReopenCase,
    ResumeCase,
    ReturnCase,
    StartWork,
    WithdrawCase,
)
from services.cases.domain.case.situations import Merged, NotOpened, body_of
from services.cases.domain.clocks import ClockKind, MomentKind, resumed
from services.cases.domain.noted import AreaNoted, BodyNoted
from services.cases.domain.values import CaseState
from services.cases.tests.application.test_everybody_merges import Attempt, Story, attempts
from services.cases.tests.domain.acting import acts
from services.cases.tests.domain.acting import play as play_acts
from services.cases.tests.domain.history import (
    CASE_ID,
    OFFICE,
    PARKS,
    ROADS,
    STREET,
    after,
    approve_pause,
    deadlines,
    decision,
    opened,
    pause,
    reassign,
    refuse_pause,
    request_pause,
    resolution_deadline,
    resolve,
    routed,
)
from services.cases.tests.domain.town import Town

FIRST, _ = deadlines()


def play(*commands: CaseCommand, start: tuple[events.CaseEvent, ...] = ()) -> list[events.CaseEvent]:
    """What happens when these commands come one after the other."""
    history: list[events.CaseEvent] = list(start or (opened(), routed()))
    for command in commands:
        history += CASE.decide(command, CASE.fold(history))
    return history


def case_row(history: list[events.CaseEvent]) -> dict[str, Any]:
    [row] = folded(AllCases(), recorded(f"case-{CASE_ID}", *history)).all("cases")
    return row


def next_moment(history: list[events.CaseEvent]) -> datetime | None:
    [row] = folded(DueMoments(), recorded(f"case-{CASE_ID}", *history)).all("cases")
    moment: datetime | None = row["next_time"]
    return moment


STORIES: dict[str, list[CaseCommand]] = {
    "routed": [],
    "accepted": [AcceptCase(at=after(hours=1))],
    "late": [AcceptCase(at=after(hours=30))],
    "returned": [ReturnCase(at=after(hours=1))],
    "accepted and returned": [AcceptCase(at=after(hours=1)), ReturnCase(at=after(hours=1.1))],
    "reassigned": [reassign(PARKS, hours=1)],
    "adjudicated": [
        ReturnCase(at=after(hours=1)),
        reassign(PARKS, hours=1),
        ReturnCase(calendars={"office": OFFICE}, at=after(hours=1)),
    ],
    "waiting": [StartWork(at=after(hours=1)), pause(after(hours=2))],
    "lapsed": [StartWork(at=after(hours=1)), pause(after(hours=2)), PassMoments(at=after(days=4))],
    "waiting too long": [
        StartWork(at=after(hours=1)),
        pause(after(hours=2)),
        PassMoments(at=after(days=30)),
    ],
    "moved while it waited": [
        StartWork(at=after(hours=1)),
        pause(after(hours=2)),
        reassign(PARKS, hours=3),
    ],
    "going on": [
        StartWork(at=after(hours=1)),
        pause(after(hours=2)),
        ResumeCase(calendars={"office": OFFICE}, at=after(days=2)),
    ],
    "requested": [StartWork(at=after(hours=1)), request_pause(after(hours=2))],
    "refused a pause": [
        StartWork(at=after(hours=1)),
        request_pause(after(hours=2)),
        refuse_pause(after(hours=3)),
    ],
    "let wait": [StartWork(at=after(hours=1)), request_pause(after(hours=2)), approve_pause(after(hours=3))],
    "resolved while asked": [
        StartWork(at=after(hours=1)),
        request_pause(after(hours=2)),
        resolve(after(hours=3)),
    ],
    "answered": [AnswerReporter(text="soon", at=after(hours=1))],
    "resolved": [resolve(after(hours=1))],
    "confirmed": [resolve(after(hours=1)), ConfirmResolution(at=after(hours=2))],
    "closed": [
        resolve(after(hours=1)),
        ConfirmResolution(at=after(hours=2)),
        CloseCase(at=after(hours=2)),
    ],
    "silent": [resolve(after(hours=1)), PassMoments(at=after(days=30))],
    "contested": [
        AcceptCase(at=after(hours=1)),
        RejectCase(reason_code="unclear", at=after(hours=2)),
        ContestRejection(calendars={"office": OFFICE}, reason="x", at=after(hours=3)),
    ],
    "reopened": [
        resolve(after(hours=1)),
        ConfirmResolution(at=after(hours=2)),
        CloseCase(at=after(hours=2)),
        ReopenCase(by_reporter=True, imported=False, at=after(hours=3)),
    ],
    "withdrawn": [WithdrawCase(at=after(hours=1))],
    "rejected": [RejectCase(reason_code="unclear", at=after(hours=30))],
    "forgotten": [PassMoments(at=after(days=30))],
    "half set right": [
        PassMoments(at=after(days=30)),
        AnnulMoment(clock=ClockKind.RESOLUTION, moment=MomentKind.BREACH, at=after(hours=2.5)),
    ],
    "set right": [
        PassMoments(at=after(days=30)),
        AnnulMoment(clock=ClockKind.FIRST_RESPONSE, moment=MomentKind.WARNING, at=after()),
        AnnulMoment(clock=ClockKind.RESOLUTION, moment=MomentKind.WARNING, at=after()),
    ],
}


def test_the_list_of_cases_says_what_the_state_says() -> None:
    for story, commands in STORIES.items():
        history = play(*commands)
        state, row = CASE.fold(history), case_row(history)
        assert not isinstance(state, NotOpened)

        told = [
            (row["response_due_time"], row["response_met_time"], row["response_breached"]),
            (row["due_time"], row["met_time"], row["overdue"]),
        ]
        known = [
            (clock.deadline.due_at, clock.met_at, clock.breached)
            for clock in state.file.clocks
            if clock.deadline.clock is not ClockKind.ADJUDICATION
        ]
        ended = row["body_id"] if row["ended_time"] is None else body_of(state)
        assert (story, told) == (story, known)
        assert row["state"].replace("_", "") == type(state).__name__.lower(), story
        assert ended == body_of(state), story
        assert (row["returns"], row["reopenings"]) == (state.file.returns, state.file.reopenings), story


def test_the_list_says_which_cases_wait_for_an_approval() -> None:
    wanted = {story for story, commands in STORIES.items() if case_row(play(*commands))["pause_requested"]}

    assert wanted == {"requested"}


def test_the_next_moment_is_that_of_the_clocks() -> None:
    for story, commands in STORIES.items():
        history = play(*commands)

        assert (story, next_moment(history)) == (story, what_comes(history))


def what_comes(history: list[events.CaseEvent]) -> datetime | None:
    """When something happens next if nobody acts, as the domain says."""
    state = CASE.fold(history)
    assert not isinstance(state, NotOpened)
    if state.file.held:
        return None
    for_ever = CASE.decide(PassMoments(at=after(days=9999)), state)
    return for_ever[0].at if for_ever else None


def test_held_history_has_no_next_moment_until_it_is_released() -> None:
    held = play(start=(opened(imported=True), routed()))
    released = play(ReleaseCase(at=after(minutes=5)), start=(opened(imported=True), routed()))

    assert next_moment(held) is None
    assert next_moment(released) == FIRST.warn_at
    assert case_row(held)["held"]
    assert not case_row(released)["held"]


@given(acts, st.booleans())
def test_whatever_people_do_the_next_moment_is_that_of_the_clocks(
    acts: list[tuple[str, int]], imported: bool
) -> None:
    state, history = play_acts(acts, imported=imported)
    assert not isinstance(state, NotOpened)

    assert next_moment(history) == what_comes(history)
    assert case_row(history)["held"] == state.file.held


@given(attempts, st.booleans())
def test_whatever_is_merged_the_views_say_what_the_states_say(attempts: list[Attempt], owned: bool) -> None:
    story = Story(owned)
    for attempt in sorted(attempts, key=lambda attempt: attempt[2]):
        story.tell(attempt)

    for case_id, history in story.town.told.items():
        [row] = folded(AllCases(), recorded(f"case-{case_id}", *history)).all("cases")
        [due] = folded(DueMoments(), recorded(f"case-{case_id}", *history)).all("cases")
        state = story.town.state(case_id)
        resolution = story.town.clock(case_id)
        assert due["next_time"] == what_comes(history)
        assert row["state"].replace("_", "") == type(state).__name__.lower()
        if not isinstance(state, Merged):
            assert (row["due_time"], row["overdue"]) == (resolution.deadline.due_at, resolution.breached)


def test_a_pause_moves_the_next_moment() -> None:
    later = resumed(resolution_deadline(), after(hours=2), after(days=2), OFFICE)

    assert next_moment(play(*STORIES["waiting"])) == moment("2022-01-04 15:00")  # 3/4 of two working days
    assert next_moment(play(*STORIES["going on"])) == later.warn_at


def test_a_case_without_a_promise_has_no_moments() -> None:
    history = recorded(f"case-{CASE_ID}", opened(promised=False), routed(), *play()[2:])

    assert folded(DueMoments(), history).all("cases") == []


def test_a_matter_is_unowned_from_the_moment_nobody_answers_for_it() -> None:
    def matter(history: list[events.CaseEvent]) -> tuple[Any, ...]:
        row = case_row(history)
        return row["unowned_cause"], row["unowned_since"], row["deciding_path"]

    nobody = (opened(), events.CaseUnowned(decision=decision(), at=after()))

    assert matter(list(nobody)) == ("no responsibility", after(), STREET)
    assert matter(play(*STORIES["returned"])) == ("returned", after(hours=1), STREET)
    assert matter(play(*STORIES["adjudicated"])) == ("returned", after(hours=1), "city/harbour")
    assert matter(play(*STORIES["reassigned"])) == (None, None, STREET)
    assert matter(play(WithdrawCase(at=after(hours=1)), start=nobody)) == (None, None, STREET)


def test_noted_facts_come_back_as_they_were_noted() -> None:
    area = AreaNoted(area_id="harbour", area_path=AreaPath("city/harbour"), rank=3)
    rows = folded(
        ReferenceFacts(),
        [
            *recorded("noted-area:harbour", area, position=4),
            *recorded("noted-body:roads", BodyNoted(body_id=ROADS), position=5),
            *recorded(f"case-{CASE_ID}", opened(), position=6),
        ],
    ).all("facts")

    assert [(row["position"], row["kind"]) for row in rows] == [
        (4, "area_noted.v1"),
        (5, "body_noted.v1"),
    ]


def test_a_merged_case_waits_for_nothing_until_it_is_given_back() -> None:
    merged = events.CaseMerged(
        into_case_id="other", into_public_id="LL-OTHER", body_id=ROADS, at=after(hours=1)
    )
    unmerged = events.CaseUnmerged(
        from_case_id="other",
        from_public_id="LL-OTHER",
        body_id=ROADS,
        state=CaseState.ROUTED,
        at=after(hours=2),
    )
    before: list[events.CaseEvent] = [opened(), routed()]

    assert next_moment([*before, merged]) is None
    assert next_moment([*before, merged, unmerged]) == next_moment(before)
    assert case_row([*before, merged])["merged_into"] == "LL-OTHER"
    assert case_row([*before, merged, unmerged]) == case_row(before)


def test_the_limits_of_a_duplicate_are_those_of_the_case() -> None:
    town = Town()
    town.opens("old", after())
    town.opens("new", after(days=7))
    town.merges("old", "new", after(days=7, hours=1))
    clock = town.clock("new")

    history = recorded("case-new", *town.told["new"])
    [row] = folded(AllCases(), history).all("cases")
    [due] = folded(DueMoments(), history).all("cases")

    assert (row["due_time"], row["overdue"]) == (clock.deadline.due_at, True)
    assert due["next_time"] == clock.next_moment()
