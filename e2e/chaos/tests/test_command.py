"""What `make chaos` says to whoever mistypes it."""

import sys

import pytest

from e2e.chaos import __main__ as chaos
from e2e.chaos.faults import FAULTS, LONG, WIPES


def test_an_unknown_fault_is_answered_with_those_there_are_one_per_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["chaos", "--only", "Nope"])

    with pytest.raises(SystemExit):
        chaos.main()

    usage, told = capsys.readouterr().err.split("no fault has 'Nope' in its name; there are:\n")
    assert 'make chaos [ARGS="' in usage
    assert [line.strip() for line in told.splitlines()] == [*FAULTS, *WIPES, *LONG]
