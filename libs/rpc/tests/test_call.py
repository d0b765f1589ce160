"""What an api method learns from its call."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.personal import Personal
from libs.rpc.access import CLIENT, PERSON, Grant, caller_of
from libs.rpc.call import Call
from libs.rpc.digest import digest
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import Greeter, message
from libs.telemetry import traces
from libs.testkit.rpc import Mint

Note, Place = message("WriteNoteRequest"), message("Place")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
importer = caller_of("c-1", CLIENT, [Grant("PARTNER")], scopes=["cases.import"])
officer = caller_of("p-1", PERSON, [Grant("CASE_OFFICER", body="lasan")])


def a_note(**changes: Any) -> Any:
    return Note(**{"request_id": "r-1", "text": "a lamp", "labels": {"b": "2", "a": "1"}, **changes})


def said_at(moment: str) -> Any:
    request = a_note()
    request.occurred_time.FromJsonString(moment)
    return request


def call(caller: Any = officer, request: Any = None, **more: Any) -> Call:
    return Call(caller=caller, request=request or a_note(), clock=lambda: NOON, **more)


def test_the_context_tells_the_ledger_who_and_why() -> None:
    with traces.span("rpc") as span:
        context = call(traceparent=span.traceparent).context(
            area="nc-12", reason="asked to", on_behalf_of="p-9"
        )

    assert (context.actor, context.roles, context.on_behalf_of) == ("p-1", ("CASE_OFFICER",), "p-9")
    assert (context.area, context.reason, context.request_id) == ("nc-12", None, "r-1")
    assert context.said == Personal(context.actor, "asked to")
    assert (context.traceparent, context.correlation_id) == (span.traceparent, span.trace_id)
    assert context.occurred_at is None


def test_a_caller_may_bring_a_correlation_of_their_own() -> None:
    assert call(metadata={"x-correlation-id": "batch-7"}).correlation_id == "batch-7"


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "a\n"])
def test_a_correlation_that_is_none_is_passed_over(given: str) -> None:
    traceparent = traces.new_traceparent()

    assert (
        call(metadata={"x-correlation-id": given}, traceparent=traceparent).correlation_id
        == traceparent[3:35]
    )


def test_now_is_when_it_happens() -> None:
    assert call().at == NOON


def test_whoever_imports_history_says_when_it_happened() -> None:
    imported = call(importer, said_at("2020-01-06T08:00:00Z"))

    assert imported.at == datetime(2020, 1, 6, 8, tzinfo=UTC)
    assert imported.context().occurred_at == imported.at


def test_others_may_not_say_when_it_happened() -> None:
    with pytest.raises(Refusal) as no:
        call(officer, said_at("2020-01-06T08:00:00Z")).context()

    assert (no.value.kind, no.value.code) == (Kind.PERMISSION, "OCCURRED_TIME_NOT_ALLOWED")


def test_history_does_not_lie_in_the_future() -> None:
    with pytest.raises(Refusal) as no:
        _ = call(importer, said_at("2026-05-04T12:00:01Z")).at

    assert (no.value.code, no.value.field) == ("OCCURRED_TIME_IN_FUTURE", "occurred_time")


def test_the_digest_is_of_the_content_and_not_of_the_id() -> None:
    request = a_note()

    assert digest(request) == digest(a_note(request_id="r-2"))
    assert digest(request) == digest(a_note(labels={"a": "1", "b": "2"}))
    assert digest(request) != digest(a_note(text="a lamp!"))
    assert digest(message("ForgottenRequest")()) != digest(message("GetOwnNameRequest")())
    assert request.request_id == "r-1"


def test_a_request_without_an_id_has_none_in_its_context() -> None:
    assert call(request=message("GetNoteRequest")(note_id="n1")).context().request_id is None


def test_what_is_mine_is_mine_alone() -> None:
    mine = call()
    mine.require_self("p-1")

    with pytest.raises(Refusal, match="NOT_YOURS"):
        mine.require_self("p-2")


def test_what_lies_under_a_merged_id_is_mine_too() -> None:
    asked = call(replace(officer, also=("p-7",)))

    assert (asked.me, asked.my_ids) == ("p-1", ("p-1", "p-7"))
    asked.require_self("p-7")
    assert not asked.is_me("p-8")
    with pytest.raises(Refusal, match="NOT_YOURS"):
        asked.require_self("p-8")


def test_looking_at_the_reach_counts_as_a_check() -> None:
    unchecked, checked = call(scopes=("cases.read",)), call(scopes=("cases.read",))

    checked.require(body="lasan")

    assert (unchecked.consulted, checked.consulted) == (False, True)


def test_a_trace_goes_on_where_the_caller_began_it(dial: Dial, greeter: Greeter, mint: Mint) -> None:
    with traces.span("client") as mine:
        dial().get_greeting(message("GetGreetingRequest")(greeted="trace"))

    (served,) = greeter.calls
    assert served.traceparent[3:35] == mine.trace_id
    assert served.traceparent != mine.traceparent


@pytest.mark.parametrize("bad", ["", "junk", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "ff" * 100])
def test_a_trace_that_makes_no_sense_is_begun_anew(bad: str) -> None:
    with traces.span("rpc", parent=bad) as span:
        assert traces.is_valid(span.traceparent)


class Line:
    """A connection that its caller may have left."""

    def __init__(self, *, active: bool) -> None:
        self.active = active

    def is_active(self) -> bool:
        return self.active


def test_long_work_ends_when_nobody_waits_for_it() -> None:
    call().assure_awaited()
    call(wire=Line(active=True)).assure_awaited()

    with pytest.raises(Refusal, match="CALLER_GONE"):
        call(wire=Line(active=False)).assure_awaited()
