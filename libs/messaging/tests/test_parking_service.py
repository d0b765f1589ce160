"""Parked events by gRPC: what an operator sees and does from afar, over the real wire."""

from collections.abc import Iterator
from typing import Any

import pytest
from linli.operations.v1 import operations_service_pb2 as pb

from libs.messaging.parking import ParkingApi
from libs.messaging.tests.town import Town, sequences
from libs.rpc.client import connect
from libs.rpc.failures import RpcFailed
from libs.rpc.server import Server
from libs.runtime.tests.example import tally
from libs.runtime.tests.example.tally import POISON
from libs.testkit.hostile import assert_never_broken
from libs.testkit.rpc import Mint, deviations, every_rpc, roles, serving

PARKING = pb.DESCRIPTOR.services_by_name["ParkingService"]


@pytest.fixture(autouse=True)
def _not_mended() -> Iterator[None]:
    yield
    tally.mended.clear()


@pytest.fixture
def mint() -> Mint:
    return Mint()


@pytest.fixture
def address(town: Town, mint: Mint) -> Iterator[str]:
    """Where the tally's inbox is served."""
    server = Server(authority=mint.verifier)
    server.add(PARKING, ParkingApi({"tally": town.desk()}))
    with serving(server) as address:
        yield address


@pytest.fixture
def operator(address: str, mint: Mint) -> Iterator[Any]:
    with connect(address, mint.person("OPERATOR")) as client:
        yield client.service(PARKING)


def park(town: Town, *steps: int, who: str = "b") -> None:
    """Let the tally hear of numbers, one of which it cannot take."""
    town.count(*steps, who=who)
    inbox = town.inbox()
    inbox.handle(town.batch(after=inbox.position(town.batch().source)))


def listed(operator: Any, **asked: Any) -> pb.ListParkedEventsResponse:
    answer: pb.ListParkedEventsResponse = operator.list_parked_events(
        pb.ListParkedEventsRequest(service="tally", **asked)
    )
    return answer


def retry(operator: Any, parked_id: int) -> int:
    request = pb.RetryParkedEventRequest(request_id="r-1", service="tally", parked_id=parked_id)
    return int(operator.retry_parked_event(request).handled)


def discard(operator: Any, parked_id: int) -> int:
    request = pb.DiscardParkedEventRequest(
        request_id="d-1", service="tally", parked_id=parked_id, reason="sent by mistake"
    )
    return int(operator.discard_parked_event(request).waiting)


def refused(call: Any, *arguments: Any) -> RpcFailed:
    with pytest.raises(RpcFailed) as failed:
        call(*arguments)
    return failed.value


def test_parked_events_are_listed_in_order_with_their_reasons(town: Town, operator: Any) -> None:
    park(town, POISON, 5)

    first, second = listed(operator).parked_events

    assert (first.service, first.source, first.subject) == ("tally", town.batch().source, "counter-b")
    assert [first.sequence, second.sequence] == sequences(town.batch())
    assert (first.why, first.tries) == ("CANNOT_ADD: this number cannot be added", 3)
    assert second.tries == 0


def test_a_long_list_comes_in_pages(town: Town, operator: Any) -> None:
    park(town, POISON, 5, 6, 7, who="b")
    park(town, POISON, who="a")

    seen: list[pb.ParkedEvent] = []
    token = ""
    while len(seen) == 0 or token:
        page = listed(operator, page_size=2, page_token=token)
        seen += page.parked_events
        token = page.next_page_token

    assert [event.subject for event in seen] == ["counter-a"] + 4 * ["counter-b"]
    assert sorted(event.sequence for event in seen) == sequences(town.batch())


def test_one_is_shown_with_the_event_as_it_came(town: Town, operator: Any) -> None:
    park(town, POISON)
    (parked,) = listed(operator).parked_events

    shown = operator.get_parked_event(pb.GetParkedEventRequest(service="tally", parked_id=parked.parked_id))

    assert shown.parked_event == parked
    assert shown.event == town.batch().events[0]


def test_after_a_fix_a_retry_handles_all_that_wait_and_repeated_handles_nothing(
    town: Town, operator: Any
) -> None:
    park(town, POISON, 5, 6)
    first = listed(operator).parked_events[0]
    tally.mended.add(POISON)

    handled = retry(operator, first.parked_id)
    again = refused(retry, operator, first.parked_id)

    assert handled == 3
    assert (again.code.name, again.reason) == ("NOT_FOUND", "PARKED_UNKNOWN")
    assert list(town.steps("b")) == sequences(town.batch())


def test_a_retry_that_fails_says_why(town: Town, operator: Any) -> None:
    park(town, POISON)
    (parked,) = listed(operator).parked_events

    failed = refused(retry, operator, parked.parked_id)

    assert (failed.code.name, failed.reason) == ("FAILED_PRECONDITION", "RETRY_FAILED")
    assert failed.metadata["why"] == "CANNOT_ADD: this number cannot be added"
    assert failed.metadata["parked_id"] == str(parked.parked_id)
    assert listed(operator).parked_events[0].tries == 4


def test_of_a_subject_the_first_comes_first(town: Town, operator: Any) -> None:
    park(town, POISON, 5)
    first, second = listed(operator).parked_events

    failed = refused(retry, operator, second.parked_id)

    assert (failed.code.name, failed.reason) == ("FAILED_PRECONDITION", "PARKED_NOT_FIRST")
    assert failed.metadata["first_id"] == str(first.parked_id)


def test_what_is_discarded_never_happens_and_the_log_says_who_did_it(
    town: Town, operator: Any, caplog: pytest.LogCaptureFixture
) -> None:
    park(town, POISON, 5)
    first, second = listed(operator).parked_events

    waiting = discard(operator, first.parked_id)
    again = refused(discard, operator, first.parked_id)
    handled = retry(operator, second.parked_id)

    assert (waiting, again.reason, handled) == (1, "PARKED_UNKNOWN", 1)
    assert list(town.steps("b")) == sequences(town.batch())[1:]
    [said] = [line for line in caplog.messages if "parked event discarded" in line]
    assert "person-operator" in said
    assert "sent by mistake" in said


def test_an_inbox_is_not_for_those_whose_grant_is_limited(address: str, town: Town, mint: Mint) -> None:
    park(town, POISON)

    with connect(address, mint.person("OPERATOR", path="la/central")) as client:
        failed = refused(listed, client.service(PARKING))

    assert (failed.code.name, failed.reason) == ("PERMISSION_DENIED", "OUT_OF_REACH")


def test_a_service_that_is_not_here_is_not_found(operator: Any) -> None:
    failed = refused(operator.list_parked_events, pb.ListParkedEventsRequest(service="counter"))

    assert (failed.code.name, failed.reason) == ("NOT_FOUND", "INBOX_UNKNOWN")


def test_every_rpc_lets_in_just_those_whom_it_names(address: str, mint: Mint) -> None:
    assert deviations(address, mint, every_rpc(PARKING)) == []


def test_no_request_breaks_an_rpc(town: Town, address: str, mint: Mint) -> None:
    park(town, POISON, 5)

    with connect(address, mint.person(*roles())) as client:
        assert_never_broken(client, every_rpc(PARKING), seeds={"service": ["tally"]})
