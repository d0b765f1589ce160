"""How a command ends that was broken off at a question."""

import click
import pytest

from libs.runtime.host.terminal import INTERRUPTED
from services.command.line import run


@click.group()
def asking() -> None:
    """A group with a question."""


@asking.command()
def quit_at_the_question() -> None:
    """Ctrl-C, or the end of the input, where something is asked."""
    raise click.Abort


def test_a_question_that_is_broken_off_ends_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quit-at-the-question"], asking) == INTERRUPTED

    assert "nothing was done" in capsys.readouterr().err
