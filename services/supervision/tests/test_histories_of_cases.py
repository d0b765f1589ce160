"""What callers saw of cases is judged by the history of cases that supervision has, over the real wire."""

from collections.abc import Iterator

import grpc
import pytest
from linli.feed.v1 import feed_service_pb2 as feed
from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.messaging import reconcile
from libs.messaging.histories import HistoryChanged
from libs.rpc.failures import RpcFailed
from libs.testkit.clocks import START
from libs.testkit.component import component
from libs.testkit.postgres import TestServer
from services.supervision.tests.published import SOURCE, Neighbour, opened
from services.supervision.tests.test_component import City
from services.supervision.wiring import SERVICE


@pytest.fixture
def city(postgres_server: TestServer) -> Iterator[City]:
    with component(postgres_server, SERVICE) as running:
        yield City(running)


def of_life(batch: feed.Batch, number: int, began: int, history: bytes) -> feed.Batch:
    """The batch as an incarnation of cases would publish it."""
    batch.incarnation, batch.incarnation_after, batch.head = number, began, batch.until
    batch.chain_after, batch.chain_until = (
        (history if at > began else b"common") + b"%d" % at for at in (batch.after, batch.until)
    )
    if number > 1:
        batch.incarnations.add(number=number, after=began)
    return batch


def restored(city: City) -> feed.Batch:
    """Supervision heard of three cases, of which two are lost; answers the batch with what came instead."""
    inbox, restored = city.running.opened.inbox(), Neighbour()
    first = [opened(f"c{n}", START) for n in (1, 2, 3)]
    inbox.handle(of_life(city.cases.publish(*first), 1, 0, b"old"))
    restored.publish(first[0])
    batch = of_life(restored.publish(opened("c4", START)), 2, 1, b"new")
    with pytest.raises(HistoryChanged):
        inbox.handle(batch)
    return batch


def asked(city: City, revision: str) -> pb.GetScoreboardResponse:
    request = pb.GetScoreboardRequest(group_by=pb.GROUPING_ALL, cases_at_least=revision)
    answer: pb.GetScoreboardResponse = city.as_role("RESIDENT").get_scoreboard(request)
    return answer


def refused(city: City, revision: str) -> RpcFailed:
    with pytest.raises(RpcFailed) as failed:
        asked(city, revision)
    return failed.value


def test_while_supervision_stands_still_it_does_not_claim_to_count_a_case_of_the_new_history(
    city: City,
) -> None:
    restored(city)

    no = refused(city, "r2.1.2")

    assert (no.code, no.reason) == (grpc.StatusCode.UNAVAILABLE, "SOURCE_CHANGED")
    assert f"{SOURCE} has another history than the one that supervision has handled" in no.message
    assert "incarnation 1" in no.message
    assert "it has incarnation 2, which began behind 1" in no.message
    assert asked(city, "").rows[0].cases == 3


def test_after_reconciling_what_was_lost_is_refused_and_what_is_new_is_counted(city: City) -> None:
    batch = restored(city)
    ledger, inbox = city.running.opened.ledger, city.running.opened.inbox()
    reconcile.go_on(ledger, SOURCE, 1, by="olga", reason="restored from last night")
    inbox.handle(batch)

    for lost in ("r2.1", "r3.1"):
        no = refused(city, lost)
        assert (no.code, no.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "HISTORY_CHANGED")
        assert "in its incarnation 1, was lost: incarnation 2 of the ledger began behind 1" in no.message
    assert asked(city, "r2.1.2").rows[0].cases == 4
    assert asked(city, "r1.1").rows[0].cases == 4
