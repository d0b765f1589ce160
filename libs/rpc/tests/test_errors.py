"""Every "no" has one status, a stable reason, and nothing that nobody should see."""

import io
from typing import Any

import grpc
import psycopg
import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import (
    ClockSkewed,
    EventTypeUnknown,
    LedgerClosed,
    LedgerUnavailable,
    OutcomeUnknown,
    VersionConflict,
)
from libs.ledger.views.view import ViewBehind
from libs.rpc import errors
from libs.rpc.failures import RpcFailed
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import Greeter, message
from libs.telemetry import logs
from libs.testkit.rpc import Mint

GetGreeting = message("GetGreetingRequest")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.INVALID, grpc.StatusCode.INVALID_ARGUMENT),
        (Kind.NOT_FOUND, grpc.StatusCode.NOT_FOUND),
        (Kind.ALREADY_EXISTS, grpc.StatusCode.ALREADY_EXISTS),
        (Kind.PRECONDITION, grpc.StatusCode.FAILED_PRECONDITION),
        (Kind.PERMISSION, grpc.StatusCode.PERMISSION_DENIED),
        (Kind.CONFLICT, grpc.StatusCode.ABORTED),
    ],
)
def test_a_refusal_travels_with_its_status_reason_and_facts(
    greeter: Greeter, dial: Dial, kind: Kind, status: grpc.StatusCode
) -> None:
    greeter.trouble = Refusal(kind, "LAMP_IS_BROKEN", "mend the lamp first", lamp_id="l-7")

    with pytest.raises(RpcFailed) as no:
        dial().get_greeting(GetGreeting())

    assert no.value.code is status
    assert (no.value.reason, no.value.domain) == ("LAMP_IS_BROKEN", "linli")
    assert (no.value.message, no.value.metadata) == ("mend the lamp first", {"lamp_id": "l-7"})


def test_every_kind_of_refusal_has_a_status() -> None:
    assert set(errors.STATUS_OF_KIND) == set(Kind)


def test_a_refusal_that_names_a_field_is_a_field_violation(greeter: Greeter, dial: Dial) -> None:
    greeter.trouble = Refusal(Kind.INVALID, "AREA_UNKNOWN", "give the id of an area", field="area_id")

    with pytest.raises(RpcFailed) as no:
        dial().get_greeting(GetGreeting())

    assert no.value.violations == {"area_id": "give the id of an area"}


@pytest.mark.parametrize(
    ("trouble", "status", "reason"),
    [
        (VersionConflict("case-1", 3, 4), grpc.StatusCode.ABORTED, "CONTENDED"),
        (ViewBehind("open_cases", 9, 5), grpc.StatusCode.UNAVAILABLE, "VIEW_BEHIND"),
        (LedgerUnavailable("away"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        (ClockSkewed("10 days ahead"), grpc.StatusCode.UNAVAILABLE, "CLOCK_SKEWED"),
        (EventTypeUnknown("a.b.v1", "a-1", 7), grpc.StatusCode.UNAVAILABLE, "EVENT_TYPE_UNKNOWN"),
        (LedgerClosed("closing"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        (OutcomeUnknown("broken"), grpc.StatusCode.UNAVAILABLE, "OUTCOME_UNKNOWN"),
        (psycopg.OperationalError("refused"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        (psycopg.errors.AdminShutdown("bye"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        (psycopg.errors.ReadOnlySqlTransaction("no"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        (psycopg.errors.UndefinedTable("where?"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        (psycopg.DatabaseError("whatever"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
    ],
)
def test_an_outage_is_no_bug_and_says_when_to_come_again(
    trouble: Exception, status: grpc.StatusCode, reason: str
) -> None:
    failure = errors.of_exception(trouble)

    assert failure is not None
    assert (failure.code, failure.reason) == (status, reason)
    assert failure.retry_after is not None
    assert failure.retry_after > 0


def test_a_value_that_the_store_cannot_take_is_the_callers_to_mend() -> None:
    failure = errors.of_exception(psycopg.errors.NumericValueOutOfRange("integer out of range"))

    assert failure is not None
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_statement_of_ours_that_is_wrong_is_a_bug_and_no_outage() -> None:
    assert errors.of_exception(psycopg.errors.UndefinedColumn("no such column")) is None
    assert errors.of_exception(psycopg.errors.CheckViolation("never that")) is None


def test_a_bug_tells_the_caller_an_id_and_the_log_the_rest(greeter: Greeter, dial: Dial) -> None:
    written = io.StringIO()
    logs.setup(stream=written)
    greeter.trouble = KeyError("the lamp of Mrs Li")

    with pytest.raises(RpcFailed) as no:
        dial().get_greeting(GetGreeting())

    assert no.value.code is grpc.StatusCode.INTERNAL
    assert no.value.reason == "INTERNAL"
    assert "Li" not in str(no.value)
    assert no.value.metadata["error_id"] in written.getvalue()
    assert "KeyError" in written.getvalue()
    assert "trace_id" in written.getvalue()


def test_a_caller_reads_the_refusal_in_their_language(dial: Dial, mint: Mint) -> None:
    request = message("GetNoteRequest")(note_id="n99")
    chinese = dial(mint.person("OPERATOR"), metadata={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})

    with pytest.raises(RpcFailed) as no:
        chinese.get_note(request)

    assert no.value.localized == {"zh": "没有编号为n99的记录"}
    assert no.value.message == "there is no such note"


@pytest.mark.parametrize(
    ("accepts", "locales"),
    [
        ("en-GB", ["en"]),
        ("fr", []),
        ("", []),
        ("en;q=0.2, zh;q=0.9", ["zh"]),
        ("zh;q=0", []),
        (";;q=,zh", ["zh"]),
    ],
)
def test_the_preferred_language_that_we_speak_wins(
    dial: Dial, mint: Mint, accepts: str, locales: list[str]
) -> None:
    caller = dial(mint.person("OPERATOR"), metadata={"accept-language": accepts})

    with pytest.raises(RpcFailed) as no:
        caller.get_note(message("GetNoteRequest")(note_id="n99"))

    assert list(no.value.localized) == locales


def test_details_stay_within_what_trailers_can_carry() -> None:
    many = tuple(errors.Violation(f"field_{n}", "must be shorter " * 50) for n in range(500))

    status = errors.status_of(errors.bad_request(many))

    assert len(status.SerializeToString()) < 8 * 1024


def test_a_long_message_and_odd_facts_are_told_all_the_same(greeter: Greeter, dial: Dial) -> None:
    facts: dict[str, Any] = {"count": 3, "none": None, "long": "x" * 9000}
    greeter.trouble = Refusal(Kind.PRECONDITION, "LAMP_IS_BROKEN", "长" * 9000, **facts)

    with pytest.raises(RpcFailed) as no:
        dial().get_greeting(GetGreeting())

    assert no.value.reason == "LAMP_IS_BROKEN"
    assert no.value.metadata["count"] == "3"
