"""A worker's process hears its neighbours: in order, exactly once, whatever becomes of it."""

import signal
from typing import Any

import pytest

from libs.ledger.recorded import Recorded
from libs.ledger.streams.stream import handle_many
from libs.messaging import broker, relay_position, topology
from libs.messaging.publishing import Publishing
from libs.messaging.relay import RelaySettings
from libs.messaging.signed import Signer
from libs.messaging.tests.releases import store_checked
from libs.messaging.tests.town import ALICE
from libs.rpc.keys import SigningKey
from libs.runtime.tests.example import counter, tally
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.worker.tests.street import SOON, Street


@pytest.mark.by_exec
def test_what_was_counted_is_added_up_and_nothing_of_grpc_is_loaded(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        at_first = worker.loaded()
        street.town.count(1, 2, 3)
        street.arrives()

        assert worker.loaded() == at_first == {"grpc": False, "patched": True}
        assert worker.stop() == 0


def test_a_worker_killed_between_commit_and_acknowledgement_does_it_once(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        (worker.hooks / "die").touch()
        street.town.count(1)
        assert worker.process.wait(timeout=patience.seconds(SOON)) == -signal.SIGKILL
        assert list(street.town.steps()) == street.counted()

        again = street.worker()
        street.town.count(2)

        street.arrives()
        assert _redelivered(again.answers("/metrics")) > 0


def test_a_worker_finishes_the_batch_in_hand_when_told_to_stop(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        (worker.hooks / "gate").touch()
        street.town.count(1, 2)
        eventually((worker.hooks / "in hand").exists, "a batch is in hand", seconds=SOON)

        worker.signal(signal.SIGTERM)
        worker.says("stopping")
        (worker.hooks / "gate").unlink()

        assert worker.process.wait(timeout=patience.seconds(SOON)) == 0
        assert list(street.town.steps()) == street.counted()[: len(street.town.steps())] != []
        street.worker()
        street.arrives()


def test_a_worker_that_cannot_finish_stops_within_its_grace(street: Street) -> None:
    with street.publishing():
        worker = street.worker(LINLI_DRAIN="500ms")
        (worker.hooks / "gate").touch()
        street.town.count(1)
        eventually((worker.hooks / "in hand").exists, "a batch is in hand", seconds=SOON)

        assert worker.stop() == 0

        assert worker.has_said("batches in hand are dropped, and delivered again")
        assert street.town.steps() == ()
        street.worker()
        street.arrives()


def test_a_consumer_added_later_builds_everything_through_the_same_path(street: Street) -> None:
    street.town.count(*range(1, 13))
    street.town.count(*range(1, 13), who="b")
    with street.publishing():
        eventually(lambda: _published(street) == street.town.counter.ledger.head(), "all is published")

        worker = street.worker()

        street.arrives("a", "b")
        worker.says("gap found", after=0)
        worker.says("gap repaired")


def test_a_worker_that_lacks_a_type_lets_one_of_the_next_release_take_its_place(street: Street) -> None:
    with street.publishing():
        old = street.worker()
        street.town.count(1)
        street.arrives()
        store_checked(street.town)
        new = street.worker(LINLI_TEST_NEWER="checks")
        street.town.count(2)

        old.says("lets another worker be active")
        wanted = street.counted()
        eventually(
            lambda: [event.event.sequence for event in _added(street)] == wanted,
            "the new one takes over",
            seconds=SOON,
        )
        assert "linli_reader_lag_seconds{" not in old.answers("/metrics"), "it follows no longer"
        eventually(lambda: "linli_reader_lag_seconds{" in new.answers("/metrics"))
        assert (old.stop(), new.stop()) == (0, 0)


def _added(street: Street) -> list[Recorded[Any]]:
    return [event for event in street.town.tally.ledger.read() if isinstance(event.event, tally.Added)]


def test_what_others_put_into_the_queue_takes_no_effect_and_deafens_nobody(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        street.town.count(1)
        street.arrives()
        genuine = street.town.batch()
        genuine.events[0].sequence = genuine.until = genuine.head = 10**15
        stranger = Signer(SigningKey.generate())

        connection = street.broker().connect()
        publishing = Publishing(connection)
        for message in (genuine.SerializeToString(), stranger.seal(genuine)):
            publishing.publish(message, topology.live("counter"))
        broker.close(connection)
        worker.says("batch refused: it is not genuine", reason="key_unknown")
        street.town.count(2)

        street.arrives()
        assert "linli_inbox_refused_batches_total" in worker.answers("/metrics")


def test_a_worker_goes_on_with_the_keys_that_it_knows_while_identity_is_away(street: Street) -> None:
    with street.publishing():
        street.town.count(1)
        before = street.worker()
        street.arrives()
        before.kill()

        street.worker(LINLI_KEYS_URL=f"{street.keys().as_uri()}.gone")
        street.town.count(2)

        street.arrives()


def test_a_worker_that_knows_no_key_is_not_ready_and_says_why(street: Street) -> None:
    with street.publishing():
        worker = street.worker(LINLI_KEYS_URL=f"{street.keys().as_uri()}.gone")
        street.town.count(1)

        eventually(
            lambda: "no batch could be verified yet: identity publishes no key" in worker.answers("/readyz"),
            "it says so",
            seconds=SOON,
        )

        assert street.town.steps() == ()


def test_a_release_that_hears_one_more_type_reads_its_past_once_though_it_is_killed(street: Street) -> None:
    town = street.town
    stream = town.counter.streams["counter"]
    past = [counter.Mark() if n % 2 else counter.Count(by=1) for n in range(1000)]
    handle_many(town.counter.ledger, [(stream, "a", command, ALICE) for command in past])
    with street.publishing(RelaySettings(limit=50, answer=4, heartbeat=0.2)):
        older = street.worker()
        street.arrives()
        older.stop()

        with street.counting_and_marking():
            newer = street.worker("tally", "die in the past", LINLI_TEST_NEWER="yes")
            assert newer.process.wait(timeout=patience.seconds(SOON)) == -signal.SIGKILL
            assert 0 < len(town.marks()) < 500
            street.worker(LINLI_TEST_NEWER="yes")
            eventually(lambda: len(town.marks()) > 500, "the past and more", seconds=SOON)

        street.arrives()
        eventually(lambda: town.marks() == town.published("Marked"), "all marks", seconds=SOON)


def test_of_two_workers_one_is_active_and_the_other_takes_over(street: Street) -> None:
    with street.publishing():
        first, second = street.worker(), street.worker()
        street.town.count(1, 2)
        street.arrives()

        first.kill()
        street.town.count(3, 4)

        street.arrives()
        assert second.process.poll() is None


def test_a_poison_event_holds_up_its_own_subject_alone_and_in_order(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        street.town.count(1, 13, 2)
        street.town.count(5, 6, who="b")
        street.arrives("b")
        worker.says("event parked", subject="counter-a")
        eventually(lambda: len(street.town.desk().list()) == 2, "two wait", seconds=SOON)
        assert list(street.town.steps()) == street.counted()[:1]
        assert "failed again: CANNOT_ADD" in street.ran("retry", "1")

        street.ran("retry", "1", LINLI_TEST_MENDED="yes")
        street.town.count(3)

        street.arrives("a", "b")


def test_a_worker_stopped_for_longer_than_the_heartbeat_goes_on(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        street.town.count(1)
        street.arrives()

        worker.signal(signal.SIGSTOP)
        other = street.worker()
        street.town.count(2, 3)
        street.arrives()  # the broker gave up the first, and the second took over
        worker.signal(signal.SIGCONT)
        worker.says("lost the broker and tries again")
        other.kill()
        street.town.count(4)

        street.arrives()


def test_a_worker_with_a_failure_that_nobody_foresaw_ends_to_be_started_anew(street: Street) -> None:
    with street.publishing():
        worker = street.worker()
        (worker.hooks / "raise").touch()

        assert worker.process.wait(timeout=patience.seconds(SOON)) == 1

        assert worker.says("cannot go on")["reason"] == "the worker died: RuntimeError"
        street.worker()
        street.town.count(1)
        street.arrives()


def test_a_worker_whose_hub_hangs_falls_silent_and_ends_itself(street: Street) -> None:
    worker = street.worker(LINLI_HUB_PATIENCE="2s")
    assert worker.answers("/livez") == "ok"

    worker.signal(signal.SIGUSR2)

    assert worker.answers("/livez", seconds=1.0) == ""
    assert worker.process.wait(timeout=patience.seconds(SOON)) == 70


def _published(street: Street) -> int:
    with street.town.counter.ledger.connection() as connection:
        return relay_position.stored(connection)


def _redelivered(metrics: str) -> float:
    lines = [line for line in metrics.splitlines() if line.startswith("linli_inbox_redelivered_total")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)
