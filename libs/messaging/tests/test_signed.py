"""A consumer takes a batch only from its source; what else is in its queue harms nothing, and is seen."""

import pytest
from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.messaging.intake import Delivered, Intake
from libs.messaging.signed import NotGenuine, Signer, opened
from libs.messaging.tests.town import SIGNER, SOURCE, Town, key_of, sequences, unsealed
from libs.rpc.keys import SigningKey
from libs.telemetry import metrics

FAR = 10**15
STRANGER = Signer(SigningKey.generate())


def test_an_empty_batch_that_nobody_signed_does_not_deafen_a_consumer(town: Town) -> None:
    intake = _intake(town)
    intake.take(Delivered(body=SIGNER.seal(town.batch())))
    deafening = feed.Batch(source=SOURCE, after=0, until=FAR, head=FAR)

    for body in (
        deafening.SerializeToString(),
        STRANGER.seal(deafening),
        _claiming(SIGNER.key_id, deafening),
    ):
        assert intake.take(Delivered(body=body)) is None
    town.count(1)
    intake.take(Delivered(body=SIGNER.seal(town.batch())))

    assert list(town.steps()) == sequences(town.batch())


def test_a_forged_event_has_no_effect(town: Town) -> None:
    town.count(1)
    genuine = town.batch()
    forged = feed.Batch()
    forged.CopyFrom(genuine)
    forged.events[0].subject = "counter-b"
    signed = exchange_pb2.SignedBatch.FromString(SIGNER.seal(genuine))
    signed.batch = forged.SerializeToString()

    _intake(town).take(Delivered(body=signed.SerializeToString()))

    assert town.tally.ledger.head() == 0
    assert town.tally.ledger.checkpoint(SOURCE) == 0


@pytest.mark.parametrize(
    "lie",
    [
        feed.Batch(source=SOURCE, after=0, until=FAR, head=7),
        feed.Batch(source=SOURCE, after=9, until=7, head=9),
        feed.Batch(source=SOURCE, after=-1, until=7, head=9),
        feed.Batch(source=SOURCE, until=7, head=9, events=[feed.Event(source=SOURCE, sequence=8)]),
    ],
    ids=["beyond_the_head", "backwards", "negative", "event_outside"],
)
def test_no_position_beyond_what_was_signed_as_there_is_taken(lie: feed.Batch) -> None:
    with pytest.raises(NotGenuine) as refused:
        opened(SIGNER.seal(lie), SOURCE, key_of)

    assert refused.value.reason == "positions"


@pytest.mark.parametrize(
    "stranger",
    [
        feed.Batch(source="linli://test/other"),
        feed.Batch(
            source=SOURCE, until=1, head=1, events=[feed.Event(source="linli://test/other", sequence=1)]
        ),
    ],
    ids=["the_batch", "an_event"],
)
def test_a_source_speaks_for_itself_alone(stranger: feed.Batch) -> None:
    with pytest.raises(NotGenuine) as refused:
        opened(SIGNER.seal(stranger), SOURCE, key_of)

    assert refused.value.reason == "other_source"


def test_a_batch_of_one_source_is_not_taken_as_one_of_another() -> None:
    with pytest.raises(NotGenuine, match="publishes no key"):
        opened(SIGNER.seal(feed.Batch(source=SOURCE)), "linli://elsewhere/counter", key_of)


def test_what_travels_is_the_batch_and_its_signature_covers_all_of_it(town: Town) -> None:
    town.count(1, 2)
    batch = town.batch()
    message = SIGNER.seal(batch)

    assert opened(message, SOURCE, key_of) == batch == unsealed(message)
    for place in range(0, len(message), 7):
        damaged = bytes(message[:place]) + bytes([message[place] ^ 1]) + bytes(message[place + 1 :])
        with pytest.raises(NotGenuine):
            opened(damaged, SOURCE, key_of)


def test_refused_messages_are_counted_by_reason_and_do_not_hold_up_the_queue(town: Town) -> None:
    intake = _intake(town)
    before = _refused("signature")

    for _ in range(3):
        intake.take(Delivered(body=_claiming(SIGNER.key_id, feed.Batch(source=SOURCE))))
    town.count(1)
    intake.take(Delivered(body=SIGNER.seal(town.batch())))

    assert _refused("signature") - before == 3
    assert len(town.steps()) == 1


def test_a_genuine_batch_that_could_not_be_verified_in_time_is_asked_for_again(town: Town) -> None:
    known: list[str] = []
    intake = Intake(town.inbox(), "counter", SOURCE, lambda s, kid: key_of(s, kid) if known else None)
    town.count(1)
    lost = town.batch()
    intake.take(Delivered(body=SIGNER.seal(lost)))
    said = intake.trouble
    known.append("now")
    town.count(2)

    request = intake.take(Delivered(body=SIGNER.seal(town.batch(after=lost.until))))

    assert "publishes no key" in said
    assert intake.trouble == ""
    assert request == exchange_pb2.Rewind(source=SOURCE, consumer="tally", after=0)


def _intake(town: Town) -> Intake:
    return Intake(town.inbox(), "counter", SOURCE, key_of)


def _claiming(key_id: str, batch: feed.Batch) -> bytes:
    """A batch signed by a stranger who names the key of the source."""
    signed = exchange_pb2.SignedBatch.FromString(STRANGER.seal(batch))
    signed.key_id = key_id
    return signed.SerializeToString()


def _refused(reason: str) -> float:
    wanted = f'linli_inbox_refused_batches_total{{reason="{reason}",service="tally",source="counter"}}'
    lines = metrics.exposition().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(wanted))
