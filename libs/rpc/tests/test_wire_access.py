"""Access is enforced at the door, for every rpc and everybody, and checked again on the way out."""

import grpc
import pytest

from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import SERVICE, message
from libs.testkit.rpc import Mint, deviations, every_rpc, roles

GetNote = message("GetNoteRequest")


def test_every_rpc_lets_in_just_whom_it_declares(address: str, mint: Mint) -> None:
    assert deviations(address, mint, every_rpc(SERVICE)) == []


@pytest.mark.parametrize("rpc", ["forgotten", "half_declared"])
def test_an_rpc_that_does_not_declare_its_access_is_refused_to_everybody(
    dial: Dial, mint: Mint, rpc: str
) -> None:
    requests = {"forgotten": message("ForgottenRequest"), "half_declared": message("HalfDeclaredRequest")}

    for token in (None, mint.person(*roles())):
        with pytest.raises(RpcFailed) as no:
            getattr(dial(token), rpc)(requests[rpc]())

        assert (no.value.code, no.value.reason) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "ACCESS_NOT_DECLARED",
        )


def test_without_a_token_a_public_rpc_answers_and_others_ask_for_one(dial: Dial) -> None:
    assert dial().get_greeting(message("GetGreetingRequest")(greeted="李")).greeting == "你好 李"

    with pytest.raises(RpcFailed) as no:
        dial().get_note(GetNote(note_id="n1"))

    assert (no.value.code, no.value.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")


def test_a_bad_token_is_refused_even_by_a_public_rpc(dial: Dial) -> None:
    with pytest.raises(RpcFailed) as no:
        dial(Token("not.a.token")).get_greeting(message("GetGreetingRequest")())

    assert (no.value.code, no.value.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


def test_a_grant_reaches_its_area_and_its_body_only(dial: Dial, mint: Mint) -> None:
    central = dial(mint.person("SUPERVISOR", path="la/central"))
    lasan = dial(mint.person("CASE_OFFICER", body="lasan"))

    assert central.get_note(GetNote(note_id="n2")).text == "a lamp"
    assert lasan.get_note(GetNote(note_id="n3")).text == "a sofa"
    for caller, beyond in ((central, "n3"), (lasan, "n2")):
        with pytest.raises(RpcFailed) as no:
            caller.get_note(GetNote(note_id=beyond))
        assert (no.value.code, no.value.reason) == (grpc.StatusCode.PERMISSION_DENIED, "OUT_OF_REACH")


def test_an_answer_that_nobody_checked_never_leaves_the_server(dial: Dial, mint: Mint) -> None:
    everything = dial(mint.person("OPERATOR"))

    with pytest.raises(RpcFailed) as unary:
        everything.get_note(GetNote(note_id="unchecked"))
    with pytest.raises(RpcFailed) as stream:
        list(everything.follow_notes(message("FollowNotesRequest")(wanted=77)))

    assert unary.value.reason == stream.value.reason == "ACCESS_NOT_CHECKED"


def test_a_caller_is_told_which_scope_is_missing(dial: Dial, mint: Mint) -> None:
    with pytest.raises(RpcFailed) as no:
        dial(mint.person("RESIDENT")).write_note(message("WriteNoteRequest")())

    assert no.value.reason == "SCOPE_MISSING"
    assert no.value.metadata == {"scopes": "cases.work,cases.import"}
    assert no.value.message.startswith("your roles give none of the scopes cases.work, cases.import")


def test_a_client_is_told_of_its_own_scopes_and_not_of_roles(dial: Dial, mint: Mint) -> None:
    with pytest.raises(RpcFailed) as no:
        dial(mint.client("cases.read")).write_note(message("WriteNoteRequest")())

    assert no.value.message.startswith("this client was given none of the scopes cases.work, cases.import")


def test_whoever_acts_for_themselves_needs_only_to_be_somebody(dial: Dial, mint: Mint) -> None:
    own = dial(mint.person("RESIDENT", subject="p-42")).get_own_name(message("GetOwnNameRequest")())

    assert own.name == "p-42"
