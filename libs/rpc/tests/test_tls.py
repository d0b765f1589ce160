"""gRPC over real TLS: whom clients trust, whom the server lets in, and certificates renewed in passing."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest

from libs.rpc.certificates import credentials
from libs.rpc.client import Patience, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.key_set import KeySet
from libs.rpc.key_source import source_at
from libs.rpc.keys import SigningKey, jwks
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.telemetry.certificates import Certificates, CertificatesUnusable
from libs.testkit import patience
from libs.testkit.certificates import Authority, Pair
from libs.testkit.rpc import Mint, serving

GetGreeting = message("GetGreetingRequest")
HERE = "127.0.0.1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "stranger")


@contextmanager
def served(mint: Mint, pair: Pair, client_ca: Path | None = None) -> Iterator[str]:
    """A greeter that speaks TLS."""
    settings = ServerSettings(workers=2, tls_cert=pair.certificate, tls_key=pair.key, tls_client_ca=client_ca)
    server = Server(settings, mint.verifier)
    server.add(SERVICE, Greeter())
    with serving(server) as address:
        yield address


def greeted(address: str, mint: Mint, ca: Path, ours: Pair | None = None) -> bool:
    """Whether a new connection gets an answer; raises `RpcFailed` if not."""
    own: dict[str, Any] = {}
    if ours is not None:
        own = {"tls_cert": ours.certificate.read_bytes(), "tls_key": ours.key.read_bytes()}
    token: Token = mint.person("RESIDENT")
    with connect(
        address,
        token,
        tls_roots=ca.read_bytes(),
        patience=Patience(tries=1),
        deadline=patience.seconds(5.0),
        **own,
    ) as client:
        client.service(SERVICE).get_greeting(GetGreeting())
    return True


def refused(address: str, mint: Mint, ca: Path, ours: Pair | None = None) -> bool:
    with pytest.raises(RpcFailed) as failed:
        greeted(address, mint, ca, ours)
    return failed.value.code is grpc.StatusCode.UNAVAILABLE


def test_a_server_that_is_vouched_for_is_trusted_and_another_is_not(
    mint: Mint, authority: Authority, stranger: Authority
) -> None:
    with served(mint, authority.sign("server", HERE)) as address:
        assert greeted(address, mint, authority.file)
        assert refused(address, mint, stranger.file)


def test_a_server_under_another_name_is_not_trusted(mint: Mint, authority: Authority) -> None:
    with served(mint, authority.sign("server", "elsewhere.example")) as address:
        assert refused(address, mint, authority.file)


def test_with_a_client_authority_only_its_clients_are_let_in(
    mint: Mint, authority: Authority, stranger: Authority
) -> None:
    partner, impostor = authority.sign("partner"), stranger.sign("impostor")

    with served(mint, authority.sign("server", HERE), authority.file) as address:
        assert greeted(address, mint, authority.file, partner)
        assert refused(address, mint, authority.file, impostor)
        assert refused(address, mint, authority.file)


def test_a_renewed_certificate_needs_no_restart(
    mint: Mint, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    pair = authority.sign("server", HERE)
    with served(mint, pair) as address:
        assert greeted(address, mint, authority.file)

        renewed = stranger.sign("renewed", HERE)
        renewed.key.replace(pair.key)
        assert greeted(address, mint, authority.file)  # half of it is no certificate yet
        renewed.certificate.replace(pair.certificate)

        assert greeted(address, mint, stranger.file)
        assert refused(address, mint, authority.file)


def test_files_that_do_not_fit_together_are_refused_by_name(authority: Authority) -> None:
    one, other = authority.sign("one", HERE), authority.sign("other", HERE)

    with pytest.raises(CertificatesUnusable, match=f"{one.certificate}, {other.key}"):
        credentials(Certificates(one.certificate, other.key))
    with pytest.raises(CertificatesUnusable, match="No such file"):
        credentials(Certificates(one.certificate, one.key.with_name("nowhere.key")))


@contextmanager
def publishing(content: bytes, pair: Pair) -> Iterator[str]:
    """A web server with TLS that answers everything with `content`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer((HERE, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"https://{HERE}:{server.server_address[1]}/keys.json"
    finally:
        server.shutdown()
        server.server_close()


def test_keys_are_read_over_https_from_whom_the_authority_vouches_for(
    authority: Authority, stranger: Authority
) -> None:
    key = SigningKey.generate()

    with publishing(json.dumps(jwks([key])).encode(), authority.sign("identity", HERE)) as url:
        assert KeySet(source_at(url, ca=authority.file)).get(key.kid) is not None
        assert KeySet(source_at(url, ca=stranger.file)).get(key.kid) is None
        assert KeySet(source_at(url)).get(key.kid) is None
