"""The API of Kubernetes as a job of ours asks it: over HTTP, to the letter."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from libs.runtime.cluster.kubernetes import Api
from libs.runtime.config.guards import CannotStart

SECRET = {"kind": "Secret", "metadata": {"name": "elm"}, "stringData": {"key": "hunter2"}}


class Server(ThreadingHTTPServer):
    """Answers each request with the status that was set, and remembers it."""

    status = 200
    asked: list[tuple[str, str, str, Any]]


class _Answering(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = json.loads(body) if body else None
        self.server.asked.append((self.command, self.path, self.headers["Content-Type"], said))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b'{"kind": "Secret"}')

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815  # http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), _Answering)
    made.asked = []
    Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def api(server: Server) -> Api:
    return Api(f"http://127.0.0.1:{server.server_port}", "town", "token", None)


def test_an_object_that_is_there_is_read(api: Api, server: Server) -> None:
    assert api.get("Secret", "elm") == {"kind": "Secret"}
    assert server.asked[0][:2] == ("GET", "/api/v1/namespaces/town/secrets/elm")


def test_an_object_that_is_missing_is_none(api: Api, server: Server) -> None:
    server.status = 404

    assert api.get("ConfigMap", "elm") is None


def test_what_exists_is_not_made_again(api: Api, server: Server) -> None:
    server.status = 409

    assert not api.create(SECRET)


def test_a_made_object_is_sent_whole(api: Api, server: Server) -> None:
    assert api.create(SECRET)
    assert server.asked == [
        ("POST", "/api/v1/namespaces/town/secrets", "application/json", {"apiVersion": "v1", **SECRET})
    ]


def test_a_change_is_a_merge(api: Api, server: Server) -> None:
    api.merge("ConfigMap", "elm", {"data": {"a": "b"}})

    path = "/api/v1/namespaces/town/configmaps/elm"
    assert server.asked == [("PATCH", path, "application/merge-patch+json", {"data": {"a": "b"}})]


def test_a_refusal_names_the_object_and_no_secret(api: Api, server: Server) -> None:
    server.status = 403

    with pytest.raises(CannotStart, match="refused POST secrets: 403") as refused:
        api.create(SECRET)

    assert "hunter2" not in str(refused.value)


def test_outside_of_a_pod_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(CannotStart, match="this is no pod"):
        Api.inside()
