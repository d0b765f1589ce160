"""When the platform does not come up, `make run` says why, and nothing of what earlier starts logged."""

import os
import socket
import sys
from pathlib import Path

import pytest

from e2e.city import __main__ as city
from e2e.city.folder import held
from e2e.city.platform import Platform, PlatformFailed
from libs.runtime.bundled.ports import free_ports
from libs.runtime.bundled.postgres import EmbeddedPostgres

pytestmark = pytest.mark.store


def test_the_sentence_of_this_start_is_shown_and_no_older_line(tmp_path: Path) -> None:
    log = tmp_path / "linli.log"
    log.write_text("linli: something of last week\n")
    holder = EmbeddedPostgres(tmp_path / "data", durable=False)
    holder.start()
    try:
        platform = Platform(data=holder.data, port=free_ports(1)[0], http_port=free_ports(1)[0], log=log)
        with pytest.raises(PlatformFailed) as failed:
            platform.start()
    finally:
        holder.stop()

    assert "is in use by another Linli" in str(failed.value)
    assert "last week" not in str(failed.value)
    assert "{" not in str(failed.value)


def test_a_folder_is_for_one_loader_at_a_time(tmp_path: Path) -> None:
    with (
        held(tmp_path / "data"),
        pytest.raises(PlatformFailed, match=rf"in use by another `make run` \(process {os.getpid()}\)"),
        held(tmp_path / "data"),
    ):
        pass

    with held(tmp_path / "data") as data:
        assert data.is_dir()


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(PlatformFailed, match="as data folder: it is a file"), held(tmp_path / "file"):
        pass


def test_a_busy_port_is_named_with_one_that_is_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        platform = Platform(data=tmp_path, port=port, http_port=free_ports(1)[0])

        with pytest.raises(PlatformFailed, match=rf"port {port} cannot be used: .*--port (?!{port}\b)\d+"):
            platform.start()


def test_two_busy_ports_are_named_at_once_with_what_to_type(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        platform = Platform(data=tmp_path, port=one.getsockname()[1], http_port=other.getsockname()[1])

        with pytest.raises(PlatformFailed, match=r'ARGS="--port \d+ --http-port \d+"'):
            platform.start()


@pytest.mark.parametrize("port", ["99999", "-1", "many"])
def test_what_is_no_port_is_refused_in_a_sentence(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make run", f"--port={port}"])

    with pytest.raises(SystemExit) as refused:
        city.main()

    assert refused.value.code == 2
    assert f"'{port}' is not a port: use a number from 1 to 65535" in capsys.readouterr().err
