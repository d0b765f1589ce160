"""A machine that cannot run a node says what it lacks, all at once, and what to do."""

import os
from pathlib import Path

import pytest

from e2e.cluster import needs
from e2e.cluster.__main__ import main
from e2e.cluster.build import build
from e2e.cluster.cache import Entry
from e2e.cluster.needs import MISSING, BuildFailed, Missing
from libs.runtime.bundled import debian


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no programs but those put into the answered folder."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(debian, "SYSTEM_PATH", str(programs))
    monkeypatch.setattr(needs, "_GO_FOLDERS", str(programs))
    return programs


def go(folder: Path, version: str) -> None:
    (folder / "go").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "go").chmod(0o755)


def test_without_debians_packages_the_message_names_them(bare_machine: Path) -> None:
    with pytest.raises(
        Missing, match=r"a node needs containerd, .*etcd-server.*no Debian package to install"
    ):
        needs.install(print)


def test_without_roots_rights_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(Missing, match=r"(?s)root's rights.*set KUBECONFIG"):
        needs.check()


def test_without_go_the_message_says_what_to_install(bare_machine: Path) -> None:
    with pytest.raises(Missing, match=r"there is no Go: install Go 1\.24 or newer"):
        needs.find_go()


@pytest.mark.process
def test_a_go_that_is_too_old_is_refused_by_its_version(bare_machine: Path) -> None:
    go(bare_machine, "go1.19.8")

    with pytest.raises(Missing, match=r"is go1\.19\.8: install Go 1\.24"):
        needs.find_go()


@pytest.mark.process
@pytest.mark.parametrize(
    ("downloads", "error"), [(0, BuildFailed), (1, Missing)], ids=["compiling", "downloading"]
)
def test_components_that_do_not_compile_are_told_from_modules_that_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, downloads: int, error: type[Exception]
) -> None:
    go(tmp_path, f'go1.30.1\n[ "$1" = build ] && exit 1\n[ "$1" = mod ] && exit {downloads}\nexit 0')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(error, match="Go's own message is above"):
        build(Entry(tmp_path / "cache"), print)


def test_packages_are_not_installed_where_no_node_can_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert main(["packages"]) == MISSING
    assert "root's rights" in capsys.readouterr().err


@pytest.mark.process
def test_a_newer_go_will_do(bare_machine: Path) -> None:
    go(bare_machine, "go1.30.1")

    assert needs.find_go() == str(bare_machine / "go")
