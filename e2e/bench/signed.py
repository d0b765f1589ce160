"""What the signature of a batch costs: batches a second written and read again, signed against bare."""

import time
from collections.abc import Callable

from linli.cases.v1 import cases_events_pb2 as cases
from linli.feed.v1 import feed_service_pb2 as feed

from e2e.bench.figures import Figure, medians
from e2e.bench.ground import Ground
from libs.ledger.ids import new_id
from libs.messaging.signed import Signer, opened
from libs.rpc.keys import SigningKey

SOURCE = "linli://bench/cases"


def measure(ground: Ground) -> list[Figure]:
    """Batches of a relay at rest, of one with little to do, and of one that catches up."""
    return [_of(_batch(events), 200 if ground.quick else 2000) for events in (0, 1, 500)]


def _of(batch: feed.Batch, many: int) -> Figure:
    key = SigningKey.generate()
    signer, public = Signer(key), key.private.public_key()

    def signed() -> None:
        opened(signer.seal(batch), SOURCE, lambda _source, _kid: public)

    def bare() -> None:
        feed.Batch.FromString(batch.SerializeToString())

    each = max(50, many // max(1, len(batch.events) // 20))
    with_it, without = medians(lambda: _rate(signed, each), lambda: _rate(bare, each), rounds=5)
    return Figure(
        name=f"Signed batch of {len(batch.events)} events",
        measured=f"{with_it:,.0f} batches per second of one core written and read",
        baseline=f"unsigned {without:,.0f}; each costs {1e6 / with_it - 1e6 / without:,.0f} µs more",
        ratio=with_it / without,
    )


def _rate(work: Callable[[], None], times: int) -> float:
    """A second of processor time, so that others who work beside us count for nothing."""
    began = time.process_time()
    for _ in range(times):
        work()
    return times / (time.process_time() - began)


def _batch(events: int) -> feed.Batch:
    batch = feed.Batch(source=SOURCE, after=0, until=events, head=events)
    for sequence in range(1, events + 1):
        event = batch.events.add(id=new_id(), source=SOURCE, sequence=sequence, subject=f"case-{new_id()}")
        message = cases.CaseOpened(case_id=new_id(), affair_id="bulky-items")
        event.type = message.DESCRIPTOR.full_name
        event.data.Pack(message)
    return batch
