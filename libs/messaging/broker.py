"""RabbitMQ, reached by kombu: connections that end in bounded time, and what is declared on them."""

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp
import kombu
from amqp import spec
from amqp.exceptions import MessageNacked
from kombu.exceptions import KombuError
from kombu.transport import pyamqp

from libs.messaging import topology
from libs.telemetry import logs

BROKEN = (amqp.AMQPError, MessageNacked, KombuError, OSError)
"""Failures after which a connection is of no use: close it and connect again."""


class NotTrusted(OSError):
    """No TLS connection came about; the message says what to do."""


_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 8.0
_DELETE_SECONDS = 30.0  # the broker first looks for the dead queue's leader
_LOOK_UP = 0.2

_log = logs.get("broker")

OnMessage = Callable[[Any], None]
"""Takes a message as it came: `body` (bytes), `delivery_info`; to be acknowledged by `acknowledge`."""


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


class _Connection(pyamqp.Connection):  # type: ignore[misc]  # kombu's types are worse than none
    """Waits for no answer for ever, and says meanwhile that we live: else the broker ends the waiting.

    Heartbeats of the other side that come in meanwhile are no answer.
    """

    patience = _ANSWER_SECONDS

    def drain_events(self, timeout: float | None = None) -> None:
        """Read until something has come. Raises TimeoutError."""
        if timeout is not None:
            super().drain_events(timeout)
            return
        deadline = time.monotonic() + self.patience
        while (left := deadline - time.monotonic()) > 0:
            with suppress(TimeoutError):
                if self.blocking_read(min(left, _LOOK_UP)):
                    return
            self.heartbeat_tick()
        raise TimeoutError(f"the broker has not answered within {self.patience:.0f} s")


class _Transport(pyamqp.Transport):  # type: ignore[misc]  # see above
    Connection = _Connection


class Broker:
    """Makes connections. Each is read by one thread alone; messages may be acknowledged by another."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings

    def connect(self) -> Any:
        """A connection of py-amqp's. Raises one of `BROKEN`.

        Not kombu's own around it: that one connects anew, unseen, when it is asked for anything
        after it broke, and nobody consumes on the new one.
        """
        given = self.settings
        wanted = kombu.Connection(
            given.url,
            heartbeat=given.heartbeat,
            connect_timeout=_CONNECT_SECONDS,
            ssl=self._tls(),
            transport_options={
                "client_properties": {"product": "linli"},
                "socket_settings": _notice_silence(given.heartbeat),
                "read_timeout": _ANSWER_SECONDS,
            },
        )
        wanted.transport_cls = _Transport
        try:
            connection = wanted.transport.establish_connection()
        except ssl.SSLError as error:
            raise NotTrusted(_in_words(given, error)) from error
        connection.sock.settimeout(_ANSWER_SECONDS)  # for all that has no bound of its own
        return connection

    def listen(
        self, connection: Any, queue: topology.Queue, on_message: OnMessage, *, prefetch: int = 0
    ) -> Any:
        """Declare the exchange and a queue, and begin to consume it; `prefetch` 0: without bound.

        A queue that was made just before its broker was killed can come back without a leader: it
        can be declared, but never answers who would read it. Such a one is deleted, to be declared
        anew: what was in it is asked for again. Answers the channel. Raises one of `BROKEN`.
        """
        channel = open_channel(connection)
        declare(channel, queue)
        if prefetch:
            channel.basic_qos(0, prefetch, False)
        try:
            channel.basic_consume(queue.name, callback=on_message)
        except TimeoutError:
            self._delete(queue)
            raise
        return channel

    def _delete(self, queue: topology.Queue) -> None:
        _log.warning("queue does not respond: deleting and redeclaring it", queue=queue.name)
        connection = self.connect()
        connection.patience = _DELETE_SECONDS
        try:
            open_channel(connection).queue_delete(queue.name)
        finally:
            close(connection)

    def _tls(self) -> dict[str, Any] | bool:
        given = self.settings
        if not given.url.startswith("amqps://"):
            return False
        checks: dict[str, Any] = {
            "cert_reqs": ssl.CERT_REQUIRED,
            "server_hostname": urlsplit(given.url).hostname,
            "tls_minimum_version": ssl.TLSVersion.TLSv1_2,
        }
        if given.ca is not None:  # else the system's list
            checks["ca_certs"] = str(given.ca)
        if given.cert is not None:
            checks |= {"certfile": str(given.cert), "keyfile": str(given.key)}
        return checks


def _in_words(given: BrokerSettings, error: ssl.SSLError) -> str:
    """What a failed handshake means, and what to do about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"RabbitMQ at {given.place} does not prove who it is ({error.verify_message}):"
            " give LINLI_BROKER_CA the authority that signed its certificate,"
            " and name it in LINLI_BROKER_URL as the certificate does"
        )
    return (
        f"no TLS with RabbitMQ at {given.place} ({error.reason or error}):"
        " amqps:// goes to its TLS port (5671); LINLI_BROKER_CERT and"
        " LINLI_BROKER_KEY fit together and come from an authority that it knows"
    )


def told(given: BrokerSettings, error: BaseException) -> str:
    """What keeps us from the broker, and what to do about it; never the password."""
    match error:
        case NotTrusted():
            return str(error)
        case amqp.AccessRefused() | amqp.NotAllowed():
            return (
                f"RabbitMQ at {given.place} refuses the user, the password or the virtual host:"
                " look at LINLI_BROKER_URL and LINLI_BROKER_PASSWORD, and at the user's permissions"
            )
        case ConnectionRefusedError():
            return f"nobody listens at {given.place}: is RabbitMQ running there (LINLI_BROKER_URL)?"
        case TimeoutError():
            return f"RabbitMQ at {given.place} does not answer"
        case _:
            return f"{type(error).__name__} with RabbitMQ at {given.place}: {error}".strip()


def _notice_silence(heartbeat: float) -> dict[int, int]:
    """What is sent and never acknowledged ends the connection, too: heartbeats alone would wait behind it."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):  # macOS
        return {}
    return {socket.TCP_USER_TIMEOUT: int(heartbeat * 2000)}


def open_channel(connection: Any) -> Any:
    """A channel whose messages keep their bytes, whatever strangers write into their headers."""
    channel = connection.channel()
    channel.auto_decode = False
    return channel


def declare(channel: Any, queue: topology.Queue) -> None:
    """Declare the exchange, and a queue of the table with all its bindings; harmless where they are."""
    exchange = kombu.Exchange(topology.EXCHANGE, type="topic", durable=True)
    exchange(channel).declare()
    bindings = [kombu.binding(exchange, routing_key=key) for key in queue.keys]
    _made(queue, bindings)(channel).declare()


def declare_queue(channel: Any, queue: topology.Queue) -> None:
    """Declare the queue alone, without exchange and bindings; changes nothing where it is."""
    _made(queue)(channel).queue_declare()


def _made(queue: topology.Queue, bindings: Sequence[Any] = ()) -> Any:
    arguments = dict(topology.QUEUE_ARGUMENTS)
    return kombu.Queue(queue.name, bindings=[*bindings], durable=True, queue_arguments=arguments)


def body_of(message: Any) -> bytes:
    """What a message carries."""
    body = message.body
    return body if isinstance(body, bytes) else str(body).encode()  # py-amqp has text where there is nothing


def acknowledge(message: Any) -> None:
    """Say that a message is dealt with; it does not come again. Raises one of `BROKEN`."""
    message.channel.basic_ack(message.delivery_tag)


def close(connection: Any) -> None:
    """Let go of a connection that may be broken: say good-bye, and wait for no answer."""
    with suppress(Exception):  # it was broken, and is gone now
        if connection.connected:  # else it would connect anew, asked for its socket
            connection.sock.settimeout(0.5)
            connection.send_method(spec.Connection.Close, "BsBB", (200, "", 0, 0))
    with suppress(Exception):
        connection.collect()
