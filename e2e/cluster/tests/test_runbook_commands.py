"""The commands of the runbooks in OPERATING.md, run against an installation, and beside a `linli up`.

Those that run `linli` beside a `linli up` are in `e2e/journeys/test_commands_of_the_manual.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from e2e.cluster.guide import Reader
from e2e.cluster.release import Release
from e2e.cluster.runbooks import PLAN, On, Run
from e2e.journeys.beside import Beside, Ended, beside_a_town, judge, meant

RUNS = {command: plan for command, plan in PLAN.items() if isinstance(plan, Run)}
BESIDE = [command for command, plan in RUNS.items() if plan.on is On.MACHINE]
OTHERS = [command for command in BESIDE if "linli " not in command]
FUNCTIONS = "Mend what the doctor names"
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


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


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    with beside_a_town() as town:
        yield town


@pytest.mark.parametrize("command", [each for each in RUNS if each not in BESIDE], ids=str)
def test_a_command_of_a_runbook_is_right_where_linli_is_installed(operator: Installed, command: str) -> None:
    judge(command, operator.does(command))


@pytest.mark.parametrize("command", OTHERS, ids=str)
def test_a_command_of_a_runbook_is_right_beside_linli_up(beside: Beside, command: str) -> None:
    judge(command, beside.does(command))
