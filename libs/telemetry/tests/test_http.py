"""The probes answer truthfully, over HTTP."""

import json
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from libs.telemetry.certificates import Certificates, CertificatesUnusable
from libs.telemetry.http import Endpoint
from libs.telemetry.public_keys import PublicKeys
from libs.testkit import patience
from libs.testkit.certificates import Authority, Pair
from libs.testkit.eventually import eventually


class House:
    """What the probes are asked about."""

    def __init__(self) -> None:
        self.wrong = ""
        self.dead = ""


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def endpoint(house: House) -> Iterator[Endpoint]:
    made = Endpoint(
        checks={"ledger": lambda: house.wrong, "views": lambda: ""},
        keys=PublicKeys(lambda: {"keys": [{"kid": "k1"}]}),
        live=lambda: house.dead,
    )
    made.start()
    yield made
    made.stop()


def get(endpoint: Endpoint, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{endpoint.port}{path}", timeout=patience.seconds(5)
        ) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_is_ready_when_every_check_passes(endpoint: Endpoint) -> None:
    status, body = get(endpoint, "/readyz")

    assert (status, json.loads(body)) == (200, {"ledger": "ok", "views": "ok"})


def test_it_says_which_check_fails_and_why(endpoint: Endpoint, house: House) -> None:
    house.wrong = "the schema is of version 3: run migrate"

    status, body = get(endpoint, "/readyz")

    assert status == 503
    assert json.loads(body)["ledger"] == "the schema is of version 3: run migrate"


def test_a_check_that_breaks_is_a_check_that_fails(endpoint: Endpoint) -> None:
    def broken() -> str:
        raise OSError("no route")

    endpoint.checks["relay"] = broken

    status, body = get(endpoint, "/readyz")

    assert (status, json.loads(body)["relay"]) == (503, "OSError: no route")


def test_a_note_is_told_and_makes_nobody_unready(endpoint: Endpoint) -> None:
    endpoint.notes["keys"] = lambda: "the key set is 700 s old"

    status, body = get(endpoint, "/readyz")

    assert (status, json.loads(body)["keys"]) == (200, "the key set is 700 s old")


def test_it_lives_until_told_otherwise(endpoint: Endpoint, house: House) -> None:
    assert get(endpoint, "/livez") == (200, "ok")

    house.dead = "the committer has stopped"

    assert get(endpoint, "/livez") == (503, "the committer has stopped")


def test_metrics_and_keys_are_there_to_be_read(endpoint: Endpoint) -> None:
    assert "linli_rpc_seconds" in get(endpoint, "/metrics")[1]
    assert json.loads(get(endpoint, "/keys.json?cached=no")[1]) == {"keys": [{"kid": "k1"}]}


@pytest.mark.parametrize("path", ["/", "/nowhere", "/metrics/", "/../etc/passwd", "/%00"])
def test_nothing_else_is_there_and_the_answer_says_what_is(endpoint: Endpoint, path: str) -> None:
    status, body = get(endpoint, path)

    assert status == 404
    assert body == "not here; here are /metrics /livez /readyz /keys.json\n"


def test_a_process_without_keys_has_no_key_set() -> None:
    answer = Endpoint().answer("/keys.json")

    assert answer.status == 404
    assert b"keys.json" not in answer.body


def test_a_slow_check_does_not_hold_up_the_others(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.checks["slow"] = lambda: "" if hold.wait(patience.seconds(5)) else "stuck"
    asking = threading.Thread(target=get, args=(endpoint, "/readyz"))
    asking.start()

    assert get(endpoint, "/livez") == (200, "ok")

    hold.set()
    asking.join()


def test_a_check_that_hangs_is_told_and_not_asked_again_meanwhile() -> None:
    asked: list[int] = []
    hold = threading.Event()

    def hangs() -> str:
        asked.append(1)
        hold.wait(patience.seconds(30))
        return ""

    endpoint = Endpoint(checks={"ledger": hangs, "views": lambda: ""}, patience=0.05)

    first, second = endpoint.ready(), endpoint.ready()
    told_while_hanging = len(asked)
    hold.set()
    eventually(lambda: endpoint.ready()[0], "it answers again")

    assert first == second == (False, {"ledger": "does not answer: it hangs", "views": "ok"})
    assert told_while_hanging == 1


def test_an_address_that_is_taken_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(OSError, match="in use"):
        Endpoint(f"127.0.0.1:{endpoint.port}")


def test_who_knows_the_key_set_may_wait_for_another_one_however_the_headers_are_written() -> None:
    waited: list[float] = []
    made = Endpoint(keys=PublicKeys(lambda: {"keys": [len(waited)]}, waited.append))
    made.start()
    try:
        url = f"http://127.0.0.1:{made.port}/keys.json"
        with urllib.request.urlopen(url, timeout=patience.seconds(5)) as answer:
            known = answer.headers["ETag"]
        asked = urllib.request.Request(url, headers={"IF-NONE-MATCH": known, "prefer": "wait=4"})
        with urllib.request.urlopen(asked, timeout=patience.seconds(5)) as answer:  # noqa: S310  # loopback
            assert answer.headers["ETag"] != known
    finally:
        made.stop()

    assert len(waited) == 1


# TLS


HERE = "127.0.0.1"


@contextmanager
def secure(pair: Pair) -> Iterator[Endpoint]:
    made = Endpoint(keys=PublicKeys(lambda: {"keys": []}), tls=Certificates(pair.certificate, pair.key))
    made.start()
    yield made
    made.stop()


def keys_of(endpoint: Endpoint, ca: Path) -> str:
    """The key set as a client gets it that trusts `ca` only; "" if it does not trust the server."""
    url = f"https://{HERE}:{endpoint.port}/keys.json"
    trusted = ssl.create_default_context(cafile=ca)
    try:
        with urllib.request.urlopen(url, timeout=patience.seconds(5), context=trusted) as answer:
            return str(answer.read().decode())
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLCertVerificationError):
            raise
        return ""


def test_keys_are_served_over_tls_and_clients_verify_who_serves_them(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")

    with secure(authority.sign("identity", HERE)) as endpoint:
        assert keys_of(endpoint, authority.file) == '{"keys": []}'
        assert keys_of(endpoint, stranger.file) == ""


def test_a_renewed_certificate_needs_no_restart(tmp_path: Path) -> None:
    authority, successor = Authority(tmp_path), Authority(tmp_path, "successor")
    pair = authority.sign("identity", HERE)

    with secure(pair) as endpoint:
        assert keys_of(endpoint, authority.file)
        renewed = successor.sign("renewed", HERE)
        renewed.key.replace(pair.key)
        assert keys_of(endpoint, authority.file)  # half of it is no certificate yet
        renewed.certificate.replace(pair.certificate)

        assert keys_of(endpoint, successor.file)
        assert not keys_of(endpoint, authority.file)


def test_who_speaks_plain_http_to_a_port_with_tls_is_told_to_use_https(tmp_path: Path) -> None:
    with secure(Authority(tmp_path).sign("identity", HERE)) as endpoint:
        assert get(endpoint, "/livez") == (400, "this port speaks TLS: use https://\n")


def test_who_hangs_in_the_handshake_keeps_nobody_waiting(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    with (
        secure(authority.sign("identity", HERE)) as endpoint,
        socket.create_connection((HERE, endpoint.port)),
        socket.create_connection((HERE, endpoint.port)) as halfway,
    ):
        halfway.sendall(b"\x16\x03")
        assert keys_of(endpoint, authority.file)


def test_certificates_that_cannot_be_used_are_refused_at_start(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.sign("one", HERE), authority.sign("other", HERE)

    with pytest.raises(CertificatesUnusable, match=f"{one.certificate}, {other.key}"):
        Endpoint(tls=Certificates(one.certificate, other.key))
