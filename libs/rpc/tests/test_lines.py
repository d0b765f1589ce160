"""What the log keeps of an rpc: one line if it failed, who and why but never what was asked, else none."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from libs.rpc import request_context
from libs.rpc.failures import RpcFailed
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import Greeter, message
from libs.telemetry import logs, traces
from libs.testkit.eventually import eventually
from libs.testkit.rpc import Mint


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.setup(stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    """The lines about rpcs, once the first is there."""
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if line["logger"] == "rpc"]


def test_an_rpc_that_goes_well_is_no_news(dial: Dial, written: io.StringIO) -> None:
    dial().get_greeting(message("GetGreetingRequest")(greeted="Li"))

    assert lines(written) == []


def test_a_refused_rpc_leaves_one_line_that_says_who_why_and_where_to_look(
    dial: Dial, mint: Mint, written: io.StringIO
) -> None:
    stub = dial(mint.person("OPERATOR", subject="person-7"))

    with pytest.raises(RpcFailed):
        stub.get_note(message("GetNoteRequest")(note_id="n99"))

    (line,) = lines(written)
    assert (line["event"], line["level"]) == ("rpc refused", "info")
    assert line["rpc"] == "linli.greeter.v1.GreeterService/GetNote"
    assert (line["code"], line["reason"], line["caller"]) == ("NOT_FOUND", "NOTE_NOT_FOUND", "person-7")
    assert line["seconds"] >= 0
    assert "n99" not in written.getvalue()


def test_the_line_leads_to_the_callers_trace(dial: Dial, written: io.StringIO) -> None:
    with traces.span("partner", parent="") as span, pytest.raises(RpcFailed):
        dial().get_note(message("GetNoteRequest")(note_id="n1"))

    (line,) = lines(written)
    assert (line["reason"], line["caller"]) == ("TOKEN_MISSING", "anonymous")
    assert line["trace_id"] == span.trace_id


def test_a_bug_is_an_error_with_its_way_through_the_code(
    greeter: Greeter, dial: Dial, written: io.StringIO
) -> None:
    greeter.trouble = KeyError("lamp")

    with pytest.raises(RpcFailed) as no:
        dial().get_greeting(message("GetGreetingRequest")())

    (line,) = lines(written)
    assert (line["event"], line["level"], line["reason"]) == ("rpc failed", "error", "INTERNAL")
    assert line["error_id"] == no.value.metadata["error_id"]
    assert "KeyError" in line["exception"]


def test_a_store_that_is_away_is_told_without_a_stack(
    greeter: Greeter, dial: Dial, written: io.StringIO
) -> None:
    greeter.trouble = psycopg.OperationalError("connection refused")

    with pytest.raises(RpcFailed):
        dial(deadline=0.2).get_greeting(message("GetGreetingRequest")())

    line = lines(written)[0]
    assert (line["code"], line["reason"]) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
    assert "exception" not in line


def test_a_slow_rpc_is_a_warning(dial: Dial, written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.rpc.pipeline.SLOW", -1.0)
    monkeypatch.setattr(request_context, "SLOW", -1.0)

    dial().get_greeting(message("GetGreetingRequest")())
    with pytest.raises(RpcFailed):
        dial().get_note(message("GetNoteRequest")(note_id="n1"))

    found = [(line["event"], line["level"], line["code"]) for line in lines(written)]
    assert found == [
        ("rpc was slow", "warning", "OK"),
        ("rpc refused", "warning", "UNAUTHENTICATED"),
    ]


def test_a_stream_that_is_refused_leaves_one_line_too(dial: Dial, mint: Mint, written: io.StringIO) -> None:
    with pytest.raises(RpcFailed):
        list(dial().follow_notes(message("FollowNotesRequest")()))

    (line,) = eventually(lambda: lines(written), "the line of the stream")
    assert (line["event"], line["reason"]) == ("rpc refused", "TOKEN_MISSING")
