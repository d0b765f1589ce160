"""Every command that OPERATING.md tells operators to run is one that `linli` has, with those options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from services.command.line import linli

PAGE = (Path(__file__).parents[3] / "OPERATING.md").read_text("utf-8")
_STANDS_FOR = re.compile("<(service|source)>")


def told() -> Iterator[str]:
    """The commands on the page, in console blocks and in the text."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:^\$ |\| )(?:\.venv/bin/)?linli (.*?)(?:\s{2,}#.*)?$", line)
            if found:
                yield found[1]
    for text in re.findall(r"`linli ([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)):
        yield " ".join(text.split())


def words_of(command: str) -> list[str]:
    """The words of a command line; a service stands where any may stand."""
    plain = _STANDS_FOR.sub("cases", command).partition(" > ")[0].partition(" | ")[0]
    try:
        return shlex.split(plain)
    except ValueError:  # it goes on in the next line of the page
        return shlex.split(plain.partition("'")[0].partition('"')[0])


@pytest.mark.parametrize("command", sorted(set(told())))
def test_a_command_of_the_manual_exists(command: str) -> None:
    found: click.Command = linli
    with linli.make_context("linli", [], resilient_parsing=True) as context:
        words = words_of(command)
        while isinstance(found, click.Group) and words and not words[0].startswith("-"):
            below = found.get_command(context, words.pop(0))
            assert below is not None, command
            found = below
        known = {name for param in found.get_params(context) for name in param.opts}

    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


def test_the_manual_is_read() -> None:
    assert len(set(told())) > 40
