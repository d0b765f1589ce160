"""RabbitMQ's server is found where it is, and where it cannot be had the message says what to do."""

import os
from pathlib import Path

import pytest

from libs.runtime.bundled import debian
from libs.runtime.bundled.rabbitmq_install import HOME, RabbitMQFailed, find, find_or_install


def unpacked(folder: Path, version: str) -> Path:
    """A folder that looks like an unpacked RabbitMQ; answers its start script."""
    script = folder / f"rabbitmq_server-{version}" / "sbin" / "rabbitmq-server"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    (script.parent / "rabbitmq-env").touch()
    return script


def with_erlang(folder: Path) -> str:
    """A PATH with programs named as Erlang's."""
    folder.mkdir()
    for name in ("erl", "epmd"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_the_named_folder_comes_first(tmp_path: Path) -> None:
    named, other = unpacked(tmp_path / "named", "3.12.1"), unpacked(tmp_path / "other", "4.0.5")
    path = f"{with_erlang(tmp_path / 'erlang')}:{other.parent}"

    found = find({HOME: str(named.parents[1]), "PATH": path}, folders=[])

    assert (found.script, found.version) == (named, (3, 12, 1))


def test_the_script_behind_a_link_on_the_path_is_taken(tmp_path: Path) -> None:
    script = unpacked(tmp_path / "some", "4.1.0")
    links = Path(with_erlang(tmp_path / "links"))
    (links / "rabbitmq-server").symlink_to(script)

    assert find({"PATH": str(links)}, folders=[]).script == script


def test_debians_wrapper_on_the_path_is_passed_over_for_the_newest_script_behind_it(tmp_path: Path) -> None:
    wrapper = Path(with_erlang(tmp_path / "sbin")) / "rabbitmq-server"
    wrapper.write_text("#!/bin/sh\nexit 1\n")
    wrapper.chmod(0o755)
    unpacked(tmp_path / "lib", "3.9.13")
    newest = unpacked(tmp_path / "lib", "3.10.8")

    assert find({"PATH": str(wrapper.parent)}, folders=[tmp_path / "lib"]).script == newest


def test_a_named_folder_without_a_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RabbitMQFailed, match=r"LINLI_RABBITMQ_HOME is .* no sbin/rabbitmq-server in it"):
        find({HOME: str(tmp_path)})


def test_without_a_server_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RabbitMQFailed, match=r"there is no RabbitMQ server.*run make rabbitmq, or install"):
        find({"PATH": ""}, folders=[tmp_path])


def test_a_server_that_is_too_old_is_refused(tmp_path: Path) -> None:
    unpacked(tmp_path, "3.8.2")

    with pytest.raises(RabbitMQFailed, match=r"is older than RabbitMQ 3.10"):
        find({"PATH": ""}, folders=[tmp_path])


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without RabbitMQ and with no programs but those put into the answered folder."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(HOME, raising=False)
    monkeypatch.setattr(debian, "SYSTEM_PATH", str(programs))
    monkeypatch.setattr(find, "__defaults__", (os.environ, [tmp_path / "nothing"]))
    return programs


def test_where_there_are_no_packages_of_debian_the_message_says_what_to_do(bare_machine: Path) -> None:
    with pytest.raises(RabbitMQFailed, match=r"no Debian package to install: install RabbitMQ 3.10 or newer"):
        find_or_install()


def test_where_we_are_not_root_the_message_says_what_to_do(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare_machine / "apt-get").write_text("#!/bin/sh\n")
    (bare_machine / "apt-get").chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(RabbitMQFailed, match=r"only root may install.*sudo apt-get install"):
        find_or_install()
