"""What a refusal advises is not refused in turn: neither to who was refused, nor in the same situation."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from linli.cases.v1 import cases_service_pb2
from linli.identity.v1 import identity_service_pb2
from linli.options.v1 import access_pb2

from libs.ledger.decider import Refusal
from libs.rpc.access import scopes_of_roles
from services.cases.domain.case import CASE, commands, events
from services.cases.domain.case.situations import Case
from services.cases.entrypoints.reactions import IMPORTING
from services.cases.tests.domain.history import (
    OFFICE,
    PARKS,
    ROADS,
    after,
    pause,
    reassign,
    refuse_pause,
    request_pause,
)
from services.cases.tests.domain.state_diagram import EVERY_WAY
from services.cases.tests.domain.test_case import HISTORIES

DOMAIN = Path(__file__).parents[2] / "domain"
RPCS = {
    **identity_service_pb2.DESCRIPTOR.services_by_name["IdentityService"].methods_by_name,
    **cases_service_pb2.DESCRIPTOR.services_by_name["CasesService"].methods_by_name,
}
REFUSED_TO = {
    ("CASE_NOT_FOUND", "GetPublicCase"): ("GetCase", "GetMyCase", "WithdrawCase", "AcceptCase"),
    ("CASE_NOT_FOUND", "ListMyCases"): ("GetMyCase",),
    ("CASE_NOT_FOUND", "ListCases"): ("GetCase", "AcceptCase", "ReassignCase", "ReopenCase", "MergeCases"),
    ("EXTERNAL_SYSTEM_NOT_REGISTERED", "RegisterExternalSystem"): ("OpenCase", "TransferExternalSystem"),
    ("CONTENT_IS_THE_REPORTERS", "EraseSubject"): ("EraseCaseContent",),
    ("HISTORY_NOT_MERGED", "FinishImport"): (),  # by whoever imports: those who merge wait for it
    ("OWNER_UNKNOWN", "ListClients"): ("RegisterSensor", "TransferExternalSystem"),
    ("PAUSE_LIMIT_USED", "RequestPause"): ("PauseCase",),
    ("PAUSE_WITHIN_LIMIT", "ResumeCase"): ("RequestPause",),
    ("PAUSE_WITHIN_LIMIT", "PauseCase"): ("RequestPause",),
    ("SENSOR_NOT_FOUND", "RegisterSensor"): (),  # "have it registered": by somebody else
}
"""Each rpc that a refusal names, and the rpcs that refuse so and whose callers are to use it."""


def named_in(text: str) -> list[str]:
    return [word for word in re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", text) if word in RPCS]


def advice() -> Iterator[tuple[str, str]]:
    """Each refusal of the service by its code, and an rpc that its message names."""
    for path in DOMAIN.rglob("*refusals.py"):
        for function in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            texts = [each.value for each in ast.walk(function) if isinstance(each, ast.Constant)]
            words = [text for text in texts if isinstance(text, str)]
            code = next((text for text in words if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", text)), "")
            yield from ((code, rpc) for rpc in named_in(" ".join(words)))


def roles(rpc: str) -> set[str]:
    """The roles whose holders may call it."""
    access = RPCS[rpc].GetOptions().Extensions[access_pb2.access]
    given = scopes_of_roles()
    return {role for role in given if access.public or given[role] & set(access.scopes)}


def test_each_rpc_that_a_refusal_names_stands_in_the_table() -> None:
    assert set(advice()) == set(REFUSED_TO)


@pytest.mark.parametrize(("code", "advised"), REFUSED_TO)
def test_whoever_is_refused_may_call_what_they_are_advised(code: str, advised: str) -> None:
    for rpc in REFUSED_TO[code, advised]:
        assert roles(rpc) <= roles(advised), rpc


# -- in the same situation -------------------------------------------------------------------------


PAUSES_USED = tuple(
    event
    for number in range(2)
    for event in (
        events.CasePaused(body_id=ROADS, reason_code="weather", at=after(hours=2, days=9 * number)),
        events.CaseResumed(body_id=ROADS, resolution=None, at=after(hours=2, days=9 * number + 9)),
    )
)


def _returned(hours: int) -> commands.ReturnCase:
    return commands.ReturnCase(calendars={"office": OFFICE}, at=after(hours=hours))


def told(state: Case, *asked: commands.CaseCommand) -> Case:
    for command in asked:
        state = CASE.fold(CASE.decide(command, state), state)
    return state


DECIDED = told(
    CASE.fold(HISTORIES["Routed"]),
    _returned(2),
    reassign(PARKS, hours=3),
    _returned(4),
    reassign(ROADS, hours=5),
    commands.AcceptCase(at=after(hours=6)),
)
"""Returned twice, so the next area up has named the body, which has accepted."""


def situations() -> Iterator[tuple[str, Case, list[commands.CaseCommand]]]:
    """What may be asked in which situations: those of the diagram, and some of pauses and decisions."""
    for name, history in HISTORIES.items():
        yield name, CASE.fold(history), EVERY_WAY
    asking = [request_pause(after(days=20 + number), after(days=60)) for number in range(3)]
    at_last: list[commands.CaseCommand] = [
        pause(after(days=30)),
        request_pause(after(days=30), after(days=60)),
    ]
    working = CASE.fold((*HISTORIES["InProgress"], *PAUSES_USED))
    yield "pauses used", working, at_last
    yield "pause requested", told(working, asking[0]), [pause(after(days=20)), asking[1]]
    refused = [refuse_pause(after(days=20 + number), f"pause-{number + 1}") for number in range(3)]
    too_often = (step for both in zip(asking, refused, strict=True) for step in both)
    yield "requested too often", told(working, *too_often), at_last
    yield "decided by the next area up", DECIDED, EVERY_WAY


SITUATIONS = list(situations())


def refusal_of(state: Case, command: commands.CaseCommand) -> Refusal | None:
    try:
        CASE.decide(command, state)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize(("name", "state", "asked"), SITUATIONS, ids=[name for name, *_ in SITUATIONS])
def test_what_is_advised_is_allowed_in_the_same_situation(
    name: str, state: Case, asked: list[commands.CaseCommand]
) -> None:
    for command in asked:
        refusal = refusal_of(state, command)
        for rpc in named_in(refusal.message) if refusal else ():
            if rpc == commands.rpc_of(command):  # "does not allow AcceptCase"
                continue
            advised = [each for each in asked if commands.rpc_of(each) == rpc]
            assert advised, (name, rpc)
            assert any(refusal_of(state, each) is None for each in advised), (name, refusal)


def test_a_merged_case_names_the_other_one_only_for_what_may_be_asked_there() -> None:
    """Nobody takes a matter back that others reported, too: neither here nor there."""
    merged = CASE.fold(HISTORIES["Merged"])

    refusal = refusal_of(merged, commands.WithdrawCase(at=after(hours=9)))

    assert refusal is not None
    assert refusal.code == "OTHERS_REPORTED_IT"


def test_those_who_import_are_known_by_their_roles() -> None:
    importing = {role for role, scopes in scopes_of_roles().items() if "cases.import" in scopes}

    assert {access_pb2.Role.Name(role).removeprefix("ROLE_") for role in IMPORTING} == importing


def test_what_the_next_area_up_has_decided_is_not_accepted_twice() -> None:
    refusal = refusal_of(DECIDED, _returned(9))

    assert refusal is not None
    assert (refusal.code, "accept" in refusal.message) == ("DECIDED_BY_ADJUDICATION", False)
