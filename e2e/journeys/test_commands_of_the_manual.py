"""Every `linli` of OPERATING.md that can run beside a `linli up` is run there, as it stands."""

from collections.abc import Iterator

import pytest

from e2e.cluster.runbooks import PLAN, On, Run
from e2e.journeys.beside import Beside, beside_a_town, judge

COMMANDS = [
    command
    for command, plan in PLAN.items()
    if isinstance(plan, Run) and plan.on is On.MACHINE and "linli " in command
]


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    with beside_a_town() as town:
        yield town


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 45


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_command_of_the_manual_does_what_it_says(beside: Beside, command: str) -> None:
    judge(command, beside.does(command))
