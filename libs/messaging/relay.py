"""The relay: publishes a service's ledger to the broker, in order, and again for whoever missed something.

What it publishes may be published twice (it remembers its position now and then, after the
broker's word), but nothing is ever left out: consumers recognise by the positions what they know.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Any

from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed
from psycopg import Connection

from libs.ledger.errors import EventTypeUnknown
from libs.ledger.store import leader_lock
from libs.messaging import broker, relay_position, republished, topology
from libs.messaging.broker import Broker
from libs.messaging.failures import PASSING
from libs.messaging.publishing import Publishing
from libs.messaging.signed import Signer
from libs.messaging.translate import Source, last_recorded
from libs.retry.backoff import Backoff, Failures
from libs.telemetry import conventions, logs, metrics

_log = logs.get("relay")

_BACKOFF = Backoff(first=0.1, most=5.0)
_LOOK_AT_REQUESTS = 0.1
_LOOK_AT_MOST = 1.0
_REMEMBER = 1.0
_FELL_SILENT = 0.001
_DECLARE_AGAIN = 30.0
_LEASE = 15.0  # of the leader lock: a relay that is stopped or stuck does not hold up another for longer
_FOR_ANOTHER = 5.0  # seconds in which a relay of a newer release may take over
_BLOCKED = "RabbitMQ takes nothing at the moment: it is short of memory or of space on its disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """`limit`: stored events a batch; `gather`: seconds in which events come together under load;
    `heartbeat`: seconds after which an empty batch says that nothing happened; `answer`: batches
    for one request to publish again; `standby`: seconds between tries to become the active relay.
    """  # noqa: D205 # one list

    limit: int = 500
    gather: float = 0.01
    heartbeat: float = 2.0
    answer: int = 20
    standby: float = 0.25


@dataclass(slots=True)
class _Session:
    """An open connection to the broker, and what came in on it."""

    connection: Any
    channel: Any
    publishing: Publishing
    database: Connection[Any]
    stop: Event
    position: int
    remembered: int
    requests: dict[str, exchange_pb2.Rewind]
    published_at: float = float("-inf")
    remembered_at: float = field(default_factory=time.monotonic)
    looked_at: float = float("-inf")
    declared_at: float = field(default_factory=time.monotonic)


class _Stopped(OSError):
    """Told to stop while the broker takes nothing."""


class Relay:
    """Publishes one service's events. `run` it in a thread; of several, one is active."""

    def __init__(
        self, source: Source, dsn: str, to: Broker, signer: Signer, settings: RelaySettings | None = None
    ) -> None:
        self._source = source
        self._signer = signer
        self._dsn = dsn
        self._broker = to
        self._settings = settings or RelaySettings()
        self._news = Event()
        self._meter = metrics.read(source.service, "relay", source.head)
        self._published_again = metrics.publishes_again(source.service)
        self.trouble = "has not reached the broker yet"
        source.on_news(self._news.set)

    def run(self, stop: Event) -> None:
        """Publish until `stop` is set; outlasts every trouble with the database and the broker."""
        failures = Failures(_BACKOFF)
        while not stop.is_set():
            began = time.monotonic()
            try:
                self._lead(stop)
            except _Stopped:
                return
            except EventTypeUnknown as error:
                self._give_up(error)
                stop.wait(_FOR_ANOTHER)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is said, and tried again
                self._tell(error)
                stop.wait(failures.pause(lasted=time.monotonic() - began))

    def wake(self) -> None:
        """Make `run` look at its `stop` at once."""
        self._news.set()

    def _lead(self, stop: Event) -> None:
        with leader_lock.connect(self._dsn, "relay", lease=_LEASE) as database:
            if not leader_lock.try_lock(database, "relay"):
                broker.close(self._broker.connect())  # who could not take over is not to stand by
                _log.info(
                    "relay stands by: another relay holds the leader lock", service=self._source.service
                )
                self._goes_well()
                if not leader_lock.stand_by(database, "relay", stop, self._settings.standby):
                    return
            with self._session(database, stop) as session:
                about = {"position": session.position, "key": self._signer.key_id}
                _log.info("relay is active", service=self._source.service, **about)
                self._serve(session)

    def _serve(self, session: _Session) -> None:
        stop = session.stop
        while not stop.is_set():
            self._news.clear()
            try:
                published = self._publish_news(session)
            except EventTypeUnknown:
                self._serve_before(session)
                raise
            self._goes_well()
            self._look_at_requests(session)
            self._answer_requests(session)
            self._remember(session, at_once=False)
            if published < self._settings.limit:
                self._news.wait(_LOOK_AT_REQUESTS)
                stop.wait(max(0.0, session.published_at + self._settings.gather - time.monotonic()))
        self._remember(session, at_once=True)

    def _serve_before(self, session: _Session) -> None:
        """Serve with what lies before an event that only a newer release can publish, if there is none."""
        session.looked_at = float("-inf")
        self._look_at_requests(session, patience=_LOOK_AT_REQUESTS)
        self._answer_requests(session)
        live = topology.live(self._source.service)
        self._publish(session, republished.empty(self._source, session.position), live)
        self._remember(session, at_once=True)

    # -- what is new -------------------------------------------------------------------------------

    def _publish_news(self, session: _Session) -> int:
        """Publish one batch of what is new; how many positions it covered."""
        quiet = time.monotonic() - session.published_at
        if self._source.head() <= session.position and quiet < self._settings.heartbeat:
            return 0
        batch = self._source.batch(session.position, self._settings.limit)
        covered = batch.until - session.position
        self._publish(session, batch, topology.live(self._source.service))
        session.position = batch.until
        session.published_at = time.monotonic()
        self._meter(batch.until, batch.head, len(batch.events), last_recorded(batch))
        return covered

    def _publish(self, session: _Session, batch: feed.Batch, key: str) -> None:
        began = time.monotonic()
        events = ((event.traceparent, event.id, event.type) for event in batch.events)
        with conventions.published(topology.EXCHANGE, events):
            session.publishing.publish(
                self._signer.seal(batch), key, meanwhile=partial(self._endure, session)
            )
        metrics.confirmed(self._source.service, time.monotonic() - began)

    def _endure(self, session: _Session) -> None:
        """While the broker's word is awaited: keep the leader lock, and say what it is that takes so long."""
        self._remember(session, at_once=False)
        self.trouble = _BLOCKED if session.publishing.blocked else ""
        if session.publishing.blocked and session.stop.is_set():
            raise _Stopped

    # -- what somebody missed ----------------------------------------------------------------------

    def _look_at_requests(self, session: _Session, patience: float = _FELL_SILENT) -> None:
        """Take in requests and heartbeats, now and then: looking costs a moment."""
        now = time.monotonic()
        if now - session.looked_at < _LOOK_AT_REQUESTS:
            return
        session.looked_at = now
        try:
            while time.monotonic() - now < _LOOK_AT_MOST:  # they may come without end
                session.connection.drain_events(timeout=patience)
        except TimeoutError:
            pass
        session.connection.heartbeat_tick()
        if now - session.declared_at > _DECLARE_AGAIN:  # somebody may have taken its binding away
            session.declared_at = now
            broker.declare(session.channel, topology.requests(self._source.service))

    def _answer_requests(self, session: _Session) -> None:
        for consumer, request in list(session.requests.items()):
            del session.requests[consumer]
            self._publish_again(session, request)

    def _publish_again(self, session: _Session, request: exchange_pb2.Rewind) -> None:
        asked = {"consumer": request.consumer, "after": request.after, "types": list(request.types)}
        _log.info("republishing", service=self._source.service, **asked)
        key = topology.again(self._source.service, request.consumer)
        limit, most = self._settings.limit, self._settings.answer
        try:
            for batch in republished.answer(self._source, request, session.position, limit=limit, most=most):
                if session.stop.is_set():
                    return
                self._publish(session, batch, key)
        except EventTypeUnknown as error:  # the consumer asks again: a relay of the newer release can answer
            _log.warning("cannot publish again", service=self._source.service, **asked, error=str(error))
            return
        self._published_again()

    def _heard(self, requests: dict[str, exchange_pb2.Rewind], message: Any) -> None:
        broker.acknowledge(message)
        request = republished.request_of(self._source, broker.body_of(message))
        if request is not None:
            requests[request.consumer] = request

    # -- the connection to the broker --------------------------------------------------------------

    @contextmanager
    def _session(self, database: Connection[Any], stop: Event) -> Iterator[_Session]:
        queue, requests = topology.requests(self._source.service), dict[str, exchange_pb2.Rewind]()
        connected = partial(metrics.broker_connected, self._source.service, queue.name)
        connection = self._broker.connect()
        try:
            channel = self._broker.listen(connection, queue, partial(self._heard, requests))
            connected(connected=True)
            position = min(relay_position.stored(database), self._source.newest())
            publishing = Publishing(connection)
            yield _Session(connection, channel, publishing, database, stop, position, position, requests)
        finally:
            connected(connected=False)
            self._meter.close()
            broker.close(connection)

    def _remember(self, session: _Session, *, at_once: bool) -> None:
        """Store the position; doing so, notice when the database, and with it the leader lock, is gone."""
        now = time.monotonic()
        if at_once or now - session.remembered_at >= _REMEMBER:
            if session.position != session.remembered:
                relay_position.store(session.database, session.position)
                session.remembered = session.position
            elif now - session.remembered_at >= self._settings.heartbeat:
                session.database.execute("SELECT 1")
            else:
                return
            session.remembered_at = now

    def _goes_well(self) -> None:
        self.trouble = ""
        metrics.relay_stopped(self._source.service, stopped=False)

    def _give_up(self, error: EventTypeUnknown) -> None:
        """Only a newer release can publish what comes next: its relay must lead."""
        self.trouble = f"publishes nothing: {error}"
        metrics.relay_stopped(self._source.service, stopped=True)
        _log.error("relay gives up its leadership", service=self._source.service, reason=str(error))

    def _tell(self, error: Exception) -> None:
        expected = isinstance(error, (*broker.BROKEN, *PASSING))
        self.trouble = f"{type(error).__name__}: {error}".strip()
        if isinstance(error, broker.BROKEN):
            self.trouble = broker.told(self._broker.settings, error)
        _log.warning(
            "relay failed and retries",
            service=self._source.service,
            broker=self._broker.settings.place,
            error=self.trouble,
            exc_info=None if expected else error,
        )
