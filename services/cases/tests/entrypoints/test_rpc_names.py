"""What a caller is told about a command is named as in the contract."""

from typing import get_args

import pytest
from linli.cases.v1 import cases_service_pb2 as pb

from services.cases.domain.case import commands
from services.cases.domain.case.situations import NotOpened
from services.cases.domain.clocks import ClockKind, MomentKind
from services.cases.tests.domain.acting import PLAIN, SAID, command_of
from services.cases.tests.domain.history import MONDAY, open_case

RPCS = pb.DESCRIPTOR.services_by_name["CasesService"].methods_by_name
ASKED = (
    open_case(),
    commands.EraseContent(at=MONDAY),
    commands.AnnulMoment(clock=ClockKind.RESOLUTION, moment=MomentKind.BREACH, at=MONDAY),
    commands.AcknowledgeEscalation(clock=ClockKind.RESOLUTION, level=1, at=MONDAY),
    commands.MergeCase(seen=NotOpened(), into=NotOpened(), at=MONDAY),
    commands.AddDuplicate(seen=NotOpened(), duplicate=NotOpened(), calendars={}, at=MONDAY),
    commands.UnmergeCase(at=MONDAY),
    commands.RemoveDuplicate(case_id="c", calendars={}, at=MONDAY),
    *(command_of(kind, MONDAY) for kind in (*PLAIN, *SAID) if kind != "pass"),  # nobody asks for that
)


@pytest.mark.parametrize("command", ASKED, ids=lambda command: type(command).__name__)
def test_each_command_is_told_by_the_name_of_an_rpc(command: commands.CaseCommand) -> None:
    assert commands.rpc_of(command) in RPCS


def test_no_command_is_left_out() -> None:
    assert {*map(type, ASKED), commands.PassMoments} == {*get_args(commands.CaseCommand)}


def test_reporters_are_told_the_rpcs_of_reporters() -> None:
    reopen = commands.ReopenCase(by_reporter=False, imported=False, at=MONDAY)

    assert commands.rpc_of(reopen) == "ReopenCase"
    assert commands.rpc_of(command_of("reopen", MONDAY)) == "ObjectToResolution"
    assert commands.rpc_of(command_of("contest", MONDAY)) == "ObjectToRejection"
