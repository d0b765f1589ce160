"""`linli` tells who runs it what is wrong and what to do; its pages answer."""

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from e2e.journeys.cities import free_port
from e2e.journeys.ledgers import all_services
from e2e.journeys.town import TOWN, Town
from libs.testkit import patience
from libs.testkit.commands import linli


@pytest.mark.parametrize("option", ["--port", "--http-port"])
def test_a_taken_port_is_named_with_what_to_do(folder: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = "--http-port" if option == "--port" else "--port"

        failed = linli("up", "--data", str(folder / "nowhere"), option, port, other, str(free_port()))

    assert failed.returncode == 1
    assert failed.stderr.startswith(f"linli: port {port} cannot be used")
    assert "Choose others with --port and --http-port" in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    assert not (folder / "nowhere").exists()


def test_a_folder_in_use_is_named_with_what_to_do(town: Town) -> None:
    failed = linli("up", "--data", str(town.platform.data), *_free_ports())

    process = town.platform.process
    assert process is not None
    assert failed.returncode == 1
    assert f"{town.platform.data} is in use by another Linli (process {process.pid})" in failed.stderr
    assert "choose another --data" in failed.stderr
    assert len([line for line in failed.stderr.splitlines() if not line.startswith("{")]) == 1
    assert _get(town, "/livez") == (200, "ok")


def test_a_folder_that_cannot_be_one_is_named(folder: Path) -> None:
    (folder / "a-file").write_text("not a folder")

    failed = linli("up", "--data", str(folder / "a-file"), *_free_ports())

    assert failed.returncode == 1
    assert f"cannot use {folder / 'a-file'} as data folder" in failed.stderr
    assert "Traceback" not in failed.stderr


def _free_ports() -> list[str]:
    return ["--port", str(free_port()), "--http-port", str(free_port())]


def test_linli_token_gives_a_token_that_linli_call_takes(town: Town) -> None:
    data = ["--data", str(town.platform.data)]
    token = linli("token", *data)
    asked = ["call", *data, "identity.GetArea", f'{{"area_id": "{TOWN}"}}']

    by_itself, with_token = linli(*asked), linli(*asked, LINLI_TOKEN=token.stdout.strip())

    assert (token.returncode, token.stdout.count("."), token.stderr) == (0, 2, "")
    assert by_itself.returncode == with_token.returncode == 0
    assert json.loads(by_itself.stdout)["area"]["name"]["zh"] == "松林市"
    assert with_token.stdout == by_itself.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["cases.DropCases"],
            "there is no rpc cases.DropCases: write service.Rpc, for instance cases.ListCases",
        ),
        (["weather.Get"], "there is no rpc weather.Get: write service.Rpc, for instance cases.ListCases"),
        (["cases.GetCase", "{"], "the request is not a valid GetCaseRequest"),
        (["cases.GetCase", '{"case": 1}'], "the request is not a valid GetCaseRequest"),
        (["cases.GetCase", '{"case_id": "no-such-case"}'], "NOT_FOUND CASE_NOT_FOUND: "),
        (["cases.GetCase"], "case_id: "),
    ],
)
def test_linli_call_says_what_is_wrong(town: Town, words: list[str], said: str) -> None:
    failed = linli("call", "--data", str(town.platform.data), *words)

    assert failed.returncode == 1
    assert said in failed.stderr
    assert "Traceback" not in failed.stderr


def test_linli_call_without_a_platform_says_so(folder: Path) -> None:
    failed = linli("call", "--data", str(folder / "no-platform"), "cases.ListCases")

    assert failed.returncode == 1
    assert f"no platform has run with {folder / 'no-platform'}: start `" in failed.stderr


def test_the_pages_answer(town: Town) -> None:
    status, ready = _get(town, "/readyz")
    _, metrics = _get(town, "/metrics")
    _, keys = _get(town, "/keys.json")

    assert status == 200
    assert set(json.loads(ready).values()) == {"ok"}
    assert {f"{service.name}.views" for service in all_services()} <= set(json.loads(ready))
    assert _get(town, "/livez") == (200, "ok")
    assert (
        'linli_rpc_total{cell="demo",code="OK",rpc="/linli.identity.v1.IdentityService/DefineArea"}'
        in metrics
    )
    assert town.mint.key.kid in {key["kid"] for key in json.loads(keys)["keys"]}
    assert _get(town, "/etc/passwd")[0] == 404


def _get(town: Town, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{town.platform.http}{path}", timeout=patience.seconds(10)) as answer:  # noqa: S310  # loopback
            return answer.status, str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.code, ""
