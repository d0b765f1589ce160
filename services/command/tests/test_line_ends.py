"""How a command ends that was broken off at a question."""

import click
import pytest

from libs.runtime.host.terminal import INTERRUPTED
from services.command.line import run


def _broken_off() -> None:
    raise click.Abort


ASKING = click.Group(commands=[click.Command("quit", callback=_broken_off)])
"""Ctrl-C, or the end of the input, where something is asked."""


def test_a_question_that_is_broken_off_ends_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quit"], ASKING) == INTERRUPTED

    assert "nothing was done" in capsys.readouterr().err
