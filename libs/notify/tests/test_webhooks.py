"""Messages to endpoints of partners, over real TLS: lazy, clumsy and hostile ones."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from libs.notify.channel import ChannelAway, NotSent, Signed, TryLater
from libs.notify.safe_addresses import SafeAddresses, networks
from libs.notify.standard_webhooks import key_of, new_secret, signature
from libs.notify.tests.dripping import dripping_server
from libs.notify.tests.endpoint import LOOPBACK, Endpoint, endpoint
from libs.notify.webhooks import Webhooks

NEW, EARLIER = new_secret(), new_secret()
AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Endpoint]:
    with endpoint(tmp_path) as running:
        yield running


def message(url: str) -> Signed:
    return Signed(id="m17", url=url, secrets=(NEW,), body=b'{"type":"t"}', at=AT)


def posting(partner: Endpoint, **limits: float) -> Webhooks:
    return Webhooks(LOOPBACK, partner.authority, **limits)


def test_a_message_arrives_with_its_id_and_a_signature_by_each_secret(partner: Endpoint) -> None:
    posting(partner).send(replace(message(partner.url + "?from=linli"), secrets=(NEW, EARLIER)))

    [got] = partner.got
    assert (got.path, got.id, json.loads(got.body)) == ("/linli?from=linli", "m17", {"type": "t"})
    timestamp = got.headers["webhook-timestamp"]
    assert timestamp == str(int(AT.timestamp()))
    signed = [signature(key_of(secret), "m17", timestamp, got.body) for secret in (NEW, EARLIER)]
    assert got.headers["webhook-signature"].split(" ") == signed


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, TryLater) for status in (400, 409, 413, 415, 422, 500)),
        *((status, ChannelAway) for status in (301, 302, 307, 401, 403, 404, 410, 429, 502, 503, 504)),
    ],
)
def test_an_answer_refuses_the_message_or_shows_that_the_endpoint_takes_nothing(
    partner: Endpoint, status: int, expected: type[NotSent]
) -> None:
    partner.status = status

    with pytest.raises(expected, match=f"^{status}$"):
        posting(partner).send(message(partner.url))


def test_no_redirect_is_followed(partner: Endpoint) -> None:
    partner.status, partner.location = 307, partner.url + "/inside"

    with pytest.raises(ChannelAway, match="307"):
        posting(partner).send(message(partner.url))

    assert [got.path for got in partner.got] == ["/linli"]


def test_no_body_is_read_however_long_it_is(partner: Endpoint) -> None:
    partner.answer = b"x" * 3_000_000

    posting(partner).send(message(partner.url))

    assert len(partner.got) == 1


def test_an_endpoint_that_closes_the_connection_is_away(partner: Endpoint) -> None:
    partner.cuts = True

    with pytest.raises(ChannelAway, match="connection_failed"):
        posting(partner).send(message(partner.url))


def test_an_endpoint_that_does_not_answer_is_away(partner: Endpoint) -> None:
    partner.hold.clear()

    with pytest.raises(ChannelAway, match="timeout"):
        posting(partner, patience=0.05).send(message(partner.url))


def test_an_endpoint_that_drips_its_answer_is_cut_off(partner: Endpoint) -> None:
    with dripping_server(b"HTTP/1.1 200 OK\r\n") as port, pytest.raises(ChannelAway):
        posting(partner, patience=5.0, longest=0.2).send(message(f"https://localhost:{port}/"))


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    with endpoint(tmp_path, host="other.example.org") as other:
        with pytest.raises(ChannelAway, match="certificate_refused"):
            posting(other).send(message(other.url))

        assert other.got == []


def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    with endpoint(tmp_path, days=0) as expired:
        with pytest.raises(ChannelAway, match="certificate_refused"):
            posting(expired).send(message(expired.url))

        assert expired.got == []


def test_an_authority_that_nobody_knows_is_refused(partner: Endpoint) -> None:
    with pytest.raises(ChannelAway, match="certificate_refused"):
        Webhooks(LOOPBACK).send(message(partner.url))


def test_a_host_with_a_typing_error_is_unknown(partner: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(ChannelAway, match="host_unknown"):
        posting(partner).send(message("https://partner.exmaple.org/"))


def test_no_endpoint_inside_is_asked(partner: Endpoint) -> None:
    with pytest.raises(ChannelAway, match="address_not_allowed"):
        Webhooks(SafeAddresses(), partner.authority).send(message(partner.url))

    assert partner.got == []


def test_a_name_that_changes_its_address_leads_nowhere(
    partner: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when it is checked, loopback when it would be connected to."""
    asked: list[str] = []
    connected: list[str] = []
    real = socket.create_connection

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(address: tuple[str, int], **limits: Any) -> socket.socket:
        connected.append(address[0])
        if address[0] == "93.184.216.34":
            raise ConnectionRefusedError
        return real(address, **limits)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(ChannelAway, match="connection_failed"):
        Webhooks(SafeAddresses(), partner.authority).send(message(partner.url))

    assert (asked, connected, partner.got) == (["localhost"], ["93.184.216.34"], [])


def test_where_one_address_of_a_name_does_not_answer_the_next_is_tried(
    partner: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in ("127.0.0.99", "10.0.0.1", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", _once(resolve, socket.getaddrinfo))

    posting(partner).send(message(partner.url))

    assert len(partner.got) == 1


def test_a_name_with_several_addresses_has_as_long_for_its_answer_as_one_with_one(
    partner: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an endpoint has that is reached by IPv4 and by IPv6."""
    made: list[socket.socket] = []
    real = socket.create_connection

    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in ("127.0.0.1", "127.0.0.2")]

    def connect(address: tuple[str, int], **limits: Any) -> socket.socket:
        made.append(real(address, **limits))
        return made[-1]

    monkeypatch.setattr(socket, "getaddrinfo", _once(resolve, socket.getaddrinfo))
    monkeypatch.setattr(socket, "create_connection", connect)

    posting(partner, patience=60.0).send(message(partner.url))

    assert [each.gettimeout() for each in made] == [60.0]


def _once(first: Any, then: Any) -> Any:
    """The first function for names, the other for addresses: connecting to one asks for it, too."""
    return lambda host, port, *more, **named: (
        first(host, port) if host == "localhost" else then(host, port, *more, **named)
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example.org/",
        "ftp://partner.example.org/",
        "partner.example.org",
        "https://",
        "https:///linli",
        "https://user:password@partner.example.org/",
        "https://:password@partner.example.org/",
        "https://partner.example.org\\@127.0.0.1/",
        "https://partner.example.org/#part",
        "https://partner.example.org:0/",
        "https://partner.example.org:99999/",
        "https://partner.example.org:x/",
        "https://partner.example.org/\r\nhost: inside",
        "https://partner.example.org/ HTTP/1.1",
        "https://partner.example.org/\t",
        "https://伙伴.example.org/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://localhost:9443/x",
        "https://LOCALHOST./",
        "https://box.localhost/",
        "https://2130706433/x",
        "https://0x7f.1/",
        "https://127.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::1/",
        f"https://{'a' * 64}.example.org/",
    ],
)
def test_what_can_be_no_endpoint_is_not_taken(url: str) -> None:
    assert not Webhooks(SafeAddresses()).takes(url)


@pytest.mark.parametrize(
    "url", ["https://partner.example.org/linli?key=1", "https://partner.example.org:8443", "https://1.1.1.1/"]
)
def test_what_can_be_an_endpoint_is_taken(url: str) -> None:
    assert Webhooks(SafeAddresses()).takes(url)


def test_this_machine_is_taken_by_each_of_its_names_where_it_is_allowed() -> None:
    here = Webhooks(SafeAddresses(allowed=networks("127.0.0.0/8")))

    assert [here.takes(f"https://{host}/") for host in ("127.0.0.1", "localhost", "2130706433")] == [True] * 3


def test_neither_url_nor_secret_is_shown() -> None:
    shown = repr(message("https://partner.example.org/secret"))

    assert "example" not in shown
    assert NEW not in shown
