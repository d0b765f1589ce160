"""RabbitMQ, reached by kombu: connections that end in bounded time, and what is declared on them."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp
import kombu
from amqp.exceptions import MessageNacked
from kombu.exceptions import KombuError

from libs.messaging import topology
from libs.telemetry import logs

BROKEN = (amqp.AMQPError, MessageNacked, KombuError, OSError)
"""Failures after which a connection is of no use: close it and connect again."""

CONTENT_TYPE = "application/x-protobuf"

_CONNECT_SECONDS = 5.0
_CONFIRM_SECONDS = 10.0
_ANSWER_SECONDS = 8.0

_log = logs.get("broker")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BrokerSettings:
    """Where the broker is. `url`: `amqp://user:password@host:port/vhost`, or `amqps://` with TLS.

    `ca`: who vouches for the broker (PEM; empty: the system's list), `cert` and `key`: our own
    certificate, if the broker asks for one. `heartbeat`: seconds after which silence counts as
    death, on both sides.
    """

    url: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    heartbeat: float = 10.0

    @property
    def place(self) -> str:
        """Where it is, without the password: for logs."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}{parts.path}"


class Broker:
    """Makes connections. Each belongs to the one thread that made it."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings

    def connect(self, *, confirm: bool = True) -> kombu.Connection:
        """A connection; `confirm`: the broker says of each message that it has it. Raises one of `BROKEN`."""
        given = self.settings
        connection = kombu.Connection(
            given.url,
            heartbeat=given.heartbeat,
            connect_timeout=_CONNECT_SECONDS,
            ssl=self._tls(),
            transport_options={
                "confirm_publish": confirm,
                "client_properties": {"product": "linli"},
                "socket_settings": _notice_silence(given.heartbeat),
            },
        )
        connection.connect()
        return connection

    def listen(
        self,
        connection: kombu.Connection,
        queue: topology.Queue,
        on_message: Callable[[kombu.Message], None],
        *,
        prefetch: int = 0,
    ) -> kombu.Consumer:
        """Declare the exchange and a queue, and begin to consume it; `prefetch` 0: without bound.

        A queue that was made just before its broker was killed can come back without a leader: it
        can be declared, but never answers who would read it. Such a one is deleted, to be declared
        anew: what was in it is asked for again. Raises one of `BROKEN`.
        """
        with _in_time(connection):
            channel = connection.channel()
            exchange()(channel).declare()
            declared = _declare(channel, queue)
            if prefetch:
                channel.basic_qos(0, prefetch, False)
        consumer = kombu.Consumer(channel, [declared], on_message=on_message, auto_declare=False)
        try:
            with _in_time(connection):
                consumer.consume()
        except TimeoutError:
            self._delete(queue)
            raise
        return consumer

    def _delete(self, queue: topology.Queue) -> None:
        _log.warning("queue does not answer: it is deleted, and declared anew", queue=queue.name)
        connection = self.connect()
        try:
            with _in_time(connection):
                kombu.Queue(queue.name)(connection.channel()).delete()
        finally:
            close(connection)

    def _tls(self) -> dict[str, Any] | bool:
        given = self.settings
        if not given.url.startswith("amqps://"):
            return False
        checks: dict[str, Any] = {
            "cert_reqs": ssl.CERT_REQUIRED,
            "ca_certs": str(given.ca or ssl.get_default_verify_paths().cafile),
            "server_hostname": urlsplit(given.url).hostname,
        }
        if given.cert is not None:
            checks |= {"certfile": str(given.cert), "keyfile": str(given.key)}
        return checks


def _notice_silence(heartbeat: float) -> dict[int, int]:
    """What is sent and never acknowledged ends the connection, too: heartbeats alone would wait behind it."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):  # macOS
        return {}
    return {socket.TCP_USER_TIMEOUT: int(heartbeat * 2000)}


def exchange() -> kombu.Exchange:
    """The one exchange, as kombu declares it."""
    return kombu.Exchange(topology.EXCHANGE, type="topic", durable=True)


def _declare(channel: Any, queue: topology.Queue) -> kombu.Queue:
    """Declare a queue of the table with all its bindings."""
    made = kombu.Queue(
        queue.name,
        bindings=[kombu.binding(exchange(), routing_key=key) for key in queue.keys],
        durable=True,
        queue_arguments=dict(topology.QUEUE_ARGUMENTS),
    )
    bound = made(channel)
    bound.declare()
    return bound


@contextmanager
def _in_time(connection: kombu.Connection) -> Iterator[None]:
    """What is asked inside is answered in bounded time: else the connection is shut, and TimeoutError raised.

    A timeout of the socket would not do: heartbeats keep coming from a broker that does not answer.
    """
    late = threading.Event()

    def shut() -> None:
        late.set()
        with suppress(OSError, AttributeError):  # it has gone meanwhile
            connection.connection.transport.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_ANSWER_SECONDS, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except BROKEN as error:
        if late.is_set():
            raise TimeoutError(f"the broker did not answer within {_ANSWER_SECONDS:.0f} s") from error
        raise
    finally:
        timer.cancel()


def publish(producer: kombu.Producer, body: bytes, routing_key: str) -> None:
    """Publish a message; returns when the broker has it. Raises one of `BROKEN`."""
    producer.publish(
        body,
        exchange=exchange(),
        routing_key=routing_key,
        delivery_mode=2,
        content_type=CONTENT_TYPE,
        content_encoding="binary",
        confirm_timeout=_CONFIRM_SECONDS,
    )


def close(connection: kombu.Connection) -> None:
    """Let go of a connection that may be broken, without waiting for the other side."""
    with suppress(Exception):  # it was broken, and is gone now
        connection.collect(socket_timeout=0.5)
