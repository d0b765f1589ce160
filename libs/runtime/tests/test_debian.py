"""Packages of Debian are installed by one process at a time, and what fails is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from libs.runtime.bundled import debian
from libs.runtime.bundled.debian import NotInstalled, run
from libs.testkit import patience

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.process


def test_where_apt_get_fails_the_message_names_the_packages(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match=r"the packages etcd-server, runc could not be installed"):
        run(["etcd-server", "runc"], [], tmp_path / "lock", script="exit 100")


def test_the_script_is_given_the_packages(tmp_path: Path) -> None:
    run(["etcd-server", "runc"], [], tmp_path / "lock", script=f'shift 2; echo "$@" > {tmp_path}/given')

    assert (tmp_path / "given").read_text() == "etcd-server runc\n"


def test_of_two_installations_at_once_one_waits_for_the_other(tmp_path: Path) -> None:
    locking = debian._SCRIPT.split("policy=")[0]
    alone = locking + f'mkdir "{tmp_path}/busy" || exit 1; sleep 0.3; rmdir "{tmp_path}/busy"'
    program = "import sys; from pathlib import Path; from libs.runtime.bundled.debian import run;"
    command = [sys.executable, "-c", program + "run([], [], Path(sys.argv[1]), sys.argv[2])"]

    both = [subprocess.Popen([*command, str(tmp_path / "lock"), alone], cwd=ROOT) for _ in range(2)]

    assert [process.wait(patience.seconds(60)) for process in both] == [0, 0]
