"""The probes answer truthfully, over HTTP."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from libs.telemetry.http import Endpoint
from libs.testkit import patience
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
        keys=lambda: {"keys": [{"kid": "k1"}]},
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
    status, _, body = Endpoint().answer("/keys.json")

    assert status == 404
    assert b"keys.json" not in body


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
