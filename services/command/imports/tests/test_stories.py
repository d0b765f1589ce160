"""What a request means for a case that is there, half told, told, or otherwise than the file has it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from linli.cases.v1 import cases_types_pb2 as types

from services.command.imports.known import Known
from services.command.imports.map_file import parse_map
from services.command.imports.requests import Request
from services.command.imports.stories import Story, history, rpc_of, story

BY = parse_map(
    "system: quarry\nname: Quarry\nzone: UTC\n"
    "columns: {id: a, affair: b, opened: c}\nplace: {without: city}\n"
)
OPENED = datetime(2020, 3, 1, 9, 0, tzinfo=UTC)
STARTED, ENDED = OPENED + timedelta(hours=4), OPENED + timedelta(days=2)
CLOSED = Request(
    line=2, number="Q-7", affair_id="lamp", body_id="b-1", unowned=False, state="closed", outcome="resolved",
    channel=1, anonymous=False, place=None, area_id="city", address="", description="", opened=OPENED,
    responded=STARTED, ended=ENDED, updated=ENDED, inside=True, rules=(),
)  # fmt: skip
OPEN = replace(CLOSED, state="open", responded=None, ended=None, updated=OPENED)
THERE = Known(
    case_id="case-7", state=types.CASE_STATE_ROUTED, affair_id="lamp", body_id="b-1", opened=OPENED,
    ended=None, responded=None,
)  # fmt: skip
OVER = replace(THERE, state=types.CASE_STATE_CLOSED, ended=ENDED, responded=STARTED)


def rpcs(told: Story) -> list[str]:
    return [rpc_of(step) for step in told.steps]


def test_a_new_request_is_told_from_its_opening_to_its_end() -> None:
    told = story(CLOSED, BY, None)

    assert rpcs(told) == ["OpenCase", "ReassignCase", "StartWork", "ResolveCase", "CloseCase"]
    assert not told.known


def test_the_same_row_makes_the_same_request_id_and_another_makes_another() -> None:
    steps = story(CLOSED, BY, None).steps

    ids = [history("quarry", number, steps).request_id for number in ("Q-7", "Q-7", "Q-8")]
    ids.append(history("quarry", "Q-7", steps[:2]).request_id)

    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_request_id_tells_nothing_of_a_person() -> None:
    """It stays in clear beside the events, also when the person is erased."""
    told = replace(CLOSED, description="my leg hurts", address="Elm Road 5", place=(52.5, 13.4))

    ids = {
        history("quarry", "Q-7", story(each, BY, None).steps).request_id
        for each in (told, replace(told, description="my arm hurts"), replace(told, address="Elm Road 6"))
    }

    assert len(ids) == 1


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        (THERE, ["StartWork", "ResolveCase", "CloseCase"]),
        (replace(THERE, state=types.CASE_STATE_ACCEPTED), ["StartWork", "ResolveCase", "CloseCase"]),
        (replace(THERE, state=types.CASE_STATE_IN_PROGRESS, responded=STARTED), ["ResolveCase", "CloseCase"]),
        (replace(THERE, state=types.CASE_STATE_RESOLVED, responded=STARTED), ["CloseCase"]),
        (OVER, []),
    ],
)
def test_of_a_case_that_is_there_only_what_is_missing_is_told(there: Known, missing: list[str]) -> None:
    told = story(CLOSED, BY, there)

    assert rpcs(told) == missing
    assert told.past == []


@pytest.mark.parametrize(
    ("state", "rpc"),
    [("started", "StartWork"), ("withdrawn", "WithdrawCase"), ("rejected", "RejectCase")],
)
def test_each_state_has_its_step(state: str, rpc: str) -> None:
    ended = None if state == "started" else ENDED

    assert rpcs(story(replace(OPEN, state=state, ended=ended), BY, THERE)) == [rpc]


@pytest.mark.parametrize(
    ("request_", "there", "said"),
    [
        (replace(OPEN, opened=OPENED - timedelta(1)), THERE, "opened 2020-03-01T09:00:00Z, now 2020-02-29"),
        (replace(OPEN, affair_id="tree"), THERE, "affair lamp, now tree"),
        (replace(CLOSED, ended=STARTED), OVER, "closed 2020-03-03T09:00:00Z, now 2020-03-01T13:00:00Z"),
        (replace(CLOSED, state="withdrawn"), OVER, "closed 2020-03-03T09:00:00Z, now withdrawn"),
        (OPEN, OVER, "now open"),
        (replace(CLOSED, body_id="b-2"), OVER, "ended with body b-1, now b-2"),
        (OPEN, replace(THERE, state=types.CASE_STATE_IN_PROGRESS), "started, now open"),
        (OPEN, replace(THERE, state=types.CASE_STATE_RESOLVED), "resolved, now open"),
    ],
)
def test_a_past_that_differs_is_said_and_not_forced(request_: Request, there: Known, said: str) -> None:
    told = story(request_, BY, there)

    assert said in "; ".join(told.past)
    assert rpcs(told) == []


def test_another_owner_of_an_open_case_takes_it_over() -> None:
    told = story(replace(OPEN, body_id="b-2", updated=ENDED), BY, THERE)

    [owner] = told.steps
    assert owner.reassign_case.body_id == "b-2"
    assert owner.occurred_time.ToDatetime(UTC) == ENDED


def test_a_matter_that_nobody_answers_for_is_only_opened() -> None:
    assert rpcs(story(replace(CLOSED, body_id="", unowned=True), BY, None)) == ["OpenCase"]
