"""Completion as it happens in a shell: the script that the shell evaluates, asked by the shell itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from libs.testkit import patience
from services.command import profiles
from services.command.profiles import Profile

pytestmark = pytest.mark.process

_IN_BASH = """
eval "$(_LINLI_COMPLETE=bash_source linli)"
complete -p linli | grep -q _linli_completion
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_linli_completion linli
printf '%s\\n' "${COMPREPLY[@]}"
"""
_IN_ZSH = """
compdef() { registered=$1 }
_describe() { print -rl -- "${(@P)3%%:*}" }
compadd() { print -rl -- "${(@P)@[-1]}" }
eval "$(_LINLI_COMPLETE=zsh_source linli)"
[[ $registered == _linli_completion ]] || exit 9
words=("$@"); CURRENT=$#
_linli_completion
true
"""
"""zsh completes only at a terminal: these stand for the functions of its that the script calls."""

SHELLS = {"bash": _IN_BASH, "zsh": _IN_ZSH}
HERE = [shell for shell in SHELLS if shutil.which(shell)]

LINES = [
    ("adm", {"admin"}),
    ("log", {"login", "logout"}),
    ("profile ", {"list", "use", "set", "remove"}),
    ("admin sess", {"session"}),
    ("admin role no", {"nominate", "nomination", "nominations"}),
    ("admin role grant p-1 --role ROLE_DIS", {"ROLE_DISPATCHER"}),
    ("admin role grant p-1 --dry", {"--dry-run"}),
    ("admin parked list su", {"supervision"}),
    ("call cases.ListC", {"cases.ListCases"}),
    ("call --profile t", {"town", "trial"}),
    ("login --profile to", {"town"}),
    ("profile use tr", {"trial"}),
    ("cases parked re", {"retry"}),
    ("community ch", {"check"}),
]


@pytest.fixture(scope="module", name="programs")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `linli`, as an installation has it."""
    folder = tmp_path_factory.mktemp("programs")
    program = folder / "linli"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m services.command "$@"\n')
    program.chmod(0o755)
    return folder


def completed(shell: str, line: str, programs: Path, config: Path) -> set[str]:
    """What a shell offers at the end of a line."""
    ended = subprocess.run(
        [shell, "-c", SHELLS[shell], shell, "linli", *line.split(" ")],
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "XDG_CONFIG_HOME": str(config),
        },
        capture_output=True,
        text=True,
        timeout=patience.seconds(60),
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return set(ended.stdout.split())


def test_bash_is_here() -> None:
    assert "bash" in HERE


@pytest.mark.parametrize("shell", HERE)
@pytest.mark.parametrize(("line", "offered"), LINES, ids=[line for line, _ in LINES])
def test_a_shell_completes_a_line(
    shell: str, line: str, offered: set[str], programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("town", "trial"):
        profiles.put(name, Profile(address="127.0.0.1:7400"))

    assert completed(shell, line, programs, tmp_path) == offered


@pytest.mark.parametrize("shell", HERE)
def test_a_damaged_profile_is_no_noise_in_the_line(shell: str, programs: Path, tmp_path: Path) -> None:
    (tmp_path / "linli").mkdir()
    (tmp_path / "linli/profiles.json").write_text("{")

    assert completed(shell, "call --profile t", programs, tmp_path) == set()
