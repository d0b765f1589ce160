"""How a command finds what runs: a folder whose files are damaged is named, with what to do."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from libs.rpc.failures import RpcFailed
from libs.runtime.config.guards import CannotStart
from services.command.connection import connection

HERE: dict[str, Any] = {"port": None, "ca": None, "cert": None, "key": None}


def refused(data: Path) -> str:
    with pytest.raises(CannotStart) as refusal:
        connection(data=data, **HERE)
    return str(refusal.value)


def test_a_platform_is_found_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "grpc.address").write_text("127.0.0.1:7400\n")

    assert connection(data=tmp_path, **HERE).address == "127.0.0.1:7400"


def test_a_cluster_is_found_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "addresses.json").write_text(
        '{"cases": {"grpc": "127.0.0.1:7420", "http": "127.0.0.1:7421"}}'
    )

    assert connection(data=tmp_path, **HERE).address == {"cases": "127.0.0.1:7420"}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}x", '{"cases": 1}', '{"cases": {}}', "\x00"])
def test_damaged_addresses_of_a_cluster_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "addresses.json").write_text(content)

    assert f"{tmp_path}/addresses.json is damaged: start `" in refused(tmp_path)


@pytest.mark.parametrize("content", ["", "127.0.0.1:", "\x00"])
def test_a_damaged_address_of_a_platform_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "grpc.address").write_text(content)

    assert f"{tmp_path}/grpc.address is damaged: start `" in refused(tmp_path)


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    about = {**HERE, "port": 7400, "ca": tmp_path / "nowhere.pem"}

    with pytest.raises(CannotStart, match=r"nowhere\.pem cannot be read: No such file"):
        connection(data=tmp_path, **about)


def test_an_empty_secret_of_the_operator_is_named(tmp_path: Path) -> None:
    (tmp_path / "operator.secret").touch()
    to = connection(data=tmp_path, **{**HERE, "port": 7400})

    with (
        to.anonymous() as anonymous,
        pytest.raises(CannotStart, match=r"operator\.secret is empty: delete it"),
    ):
        to.fetch(anonymous)


@pytest.mark.parametrize("token", ["…", "Bearer eyJ", "eyJ\nx", "a\x00b"])
def test_what_is_no_token_is_said_before_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    to = connection(data=tmp_path, **{**HERE, "port": 7400})
    monkeypatch.setattr("os.environ", {"LINLI_TOKEN": token})

    with to.anonymous() as anonymous, pytest.raises(CannotStart, match="LINLI_TOKEN is no token"):
        to.client(anonymous)


def test_an_answer_that_is_late_leaves_open_whether_it_was_done(tmp_path: Path) -> None:
    to = connection(data=tmp_path, **{**HERE, "port": 7400})
    late = RpcFailed("/linli.cases.v1.CasesService/OpenCase", grpc.StatusCode.DEADLINE_EXCEEDED, "", [])

    said = to.unreached(late)

    assert said.startswith("127.0.0.1:7400 did not answer in time")
    assert said.endswith("may have been done: repeat it with the same request_id, then it is done once")
