"""A call's trace and correlation go with everything it causes, into every service that reacts."""

from typing import Any

from linli.cases.v1 import cases_service_pb2 as cases
from linli.feed.v1 import feed_service_pb2 as feed
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.journeys.feeds import kind, published
from e2e.journeys.town import Town, report
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.ids import some_id

TRACE, SPAN = some_id("a trace of ours"), some_id("a span of ours")[:16]
CORRELATION = "the-flood-of-tuesday"


def test_what_a_call_causes_stands_under_its_trace_in_supervisions_trail(town: Town) -> None:
    opened = _open(town)

    asked = supervision.GetCaseTrailRequest(case_id=opened.case.case_id, cases_at_least=opened.revision)
    trail = town.operator.supervision.get_case_trail(asked).entries

    assert [entry.type.rpartition(".")[2] for entry in trail] == ["CaseOpened", "CaseRouted"]
    assert {entry.trace_id for entry in trail} == {TRACE}
    assert {entry.correlation_id for entry in trail} == {CORRELATION}
    history = town.operator.cases.get_case_history(cases.GetCaseHistoryRequest(case_id=opened.case.case_id))
    assert {entry.trace_id for entry in history.entries} == {TRACE}


def test_what_another_service_makes_of_it_stands_under_the_same_trace(town: Town) -> None:
    opened = _open(town)
    subject = f"need-case-{opened.case.case_id}"

    [raised] = eventually(lambda: _of(town, "volunteers", subject), "a need has arisen")
    [first, *_] = _of(town, "cases", f"case-{opened.case.case_id}")

    assert (kind(raised), kind(first)) == ("NeedRaised", "CaseOpened")
    assert raised.traceparent[3:35] == first.traceparent[3:35] == TRACE
    assert raised.correlation_id == CORRELATION
    assert raised.causation_id == first.id


def _open(town: Town) -> Any:
    """Report a case, with a trace and a correlation of the caller's own."""
    client = town.resident("traced").client
    call: Any = client.channel.unary_unary("/linli.cases.v1.CasesService/OpenCase")
    headers = {
        "authorization": f"Bearer {client.token()}",
        "traceparent": f"00-{TRACE}-{SPAN}-01",
        "x-correlation-id": CORRELATION,
    }
    raw = call(
        report(assisted=True).SerializeToString(),
        timeout=patience.seconds(20),
        metadata=tuple(headers.items()),
    )
    return cases.OpenCaseResponse.FromString(raw)


def _of(town: Town, source: str, subject: str) -> list[feed.Event]:
    return [event for event in published(town.operator, source) if event.subject == subject]
