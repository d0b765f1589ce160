"""The commands of the runbooks in OPERATING.md, run against an installation, and beside a `linli up`."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.city.platform import Platform
from e2e.cluster.guide import GUIDE, Reader, blocks
from e2e.cluster.release import Release
from e2e.cluster.runbooks import PLAN, On, Run
from e2e.journeys.cities import platform_in
from e2e.journeys.town import town_on

RUNS = {command: plan for command, plan in PLAN.items() if isinstance(plan, Run)}
BESIDE = [command for command, plan in RUNS.items() if plan.on is On.MACHINE]
FUNCTIONS = "Mend what the doctor names"
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]

Ended = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Installed:
    """A release, and who operates it by the guide."""

    release: Release
    reader: Reader

    def does(self, command: str) -> Ended:
        """Run a command as its plan says."""
        plan, typed = RUNS[command], meant(command)
        serving = re.compile(rf"{self.release.fullname}-{plan.service}-(api|server)-")
        pod = next(name for name in self.release.running() if serving.match(name))
        if plan.on is On.BROKER:
            return self.reader.tries(self.reader.script(FUNCTIONS) + typed)
        if plan.on is On.RELEASE:
            return self.reader.tries(re.sub(r"\bPOD\b", pod, typed))
        inside = typed.replace("'", "'\\''")
        return self.reader.tries(f"kubectl -n town exec {pod} -- sh -c '{inside}'")


@pytest.fixture(scope="module", name="operator")
def _operator(installed: Release, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder, programs = tmp_path_factory.mktemp("operator"), tmp_path_factory.mktemp("programs")
    return Installed(installed, Reader(installed.cluster, installed.namespace, folder, programs))


@dataclass(frozen=True, slots=True)
class Beside:
    """A town on `linli up`, and the folder in which commands are typed."""

    platform: Platform
    folder: Path

    def does(self, command: str) -> Ended:
        """Run a command as its plan says."""
        process = self.platform.process
        assert process is not None
        typed = meant(command).replace(":7480", f":{self.platform.http_port}")
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", typed.replace("<pid>", str(process.pid))],
            cwd=self.folder,
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    """It has what the guide's reader has there, and the file that the guide shows."""
    with tempfile.TemporaryDirectory(prefix="linli-runbooks-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL's user enters it
        with platform_in(folder) as platform:
            platform.start()
            (folder / ".linli").symlink_to(platform.data)
            (folder / ".venv").symlink_to(Path(sys.prefix))
            [shown] = blocks("Tell a calendar next year's holidays", "console")
            (folder / "days.csv").write_text(
                shown.partition("$ cat days.csv\n")[2].partition("$")[0], "utf-8"
            )
            with town_on(platform):
                yield Beside(platform, folder)


def meant(command: str) -> str:
    """What is typed: a script for its heading, and something for each placeholder."""
    heading, slash, number = command.rpartition("/")
    is_script = slash and f"# {heading}\n" in GUIDE.read_text("utf-8")
    typed = blocks(heading, "bash")[int(number)] if is_script else command
    for placeholder, stands_for in RUNS[command].instead.items():
        typed = typed.replace(placeholder, stands_for)
    return typed


def judge(command: str, ended: Ended) -> None:
    said = ended.stdout + ended.stderr
    assert ended.returncode in RUNS[command].ends, said
    assert RUNS[command].says in said


@pytest.mark.parametrize("command", [each for each in RUNS if each not in BESIDE], ids=str)
def test_a_command_of_a_runbook_is_right_where_linli_is_installed(operator: Installed, command: str) -> None:
    judge(command, operator.does(command))


@pytest.mark.parametrize("command", BESIDE, ids=str)
def test_a_command_of_a_runbook_is_right_beside_linli_up(beside: Beside, command: str) -> None:
    judge(command, beside.does(command))
