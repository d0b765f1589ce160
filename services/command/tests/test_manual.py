"""What OPERATING.md tells operators to run or to set exists: commands, rpcs, settings, values."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from libs.runtime.config.settings import Settings, describe
from services.command import rpcs
from services.command.line import linli
from services.command.registry import NAMES, load

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "OPERATING.md").read_text("utf-8")
_STANDS_FOR = re.compile("<(service|source)>")


def shown() -> Iterator[str]:
    """The commands in console blocks, to be copied."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:^\$ |\| |-- )(?:\.venv/bin/)?linli (.*?)(?:\s{2,}#.*)?$", line)
            if found:
                yield found[1]


def told() -> Iterator[str]:
    """All commands on the page: those, and those in the text."""
    yield from shown()
    for text in re.findall(r"`(?:[^`]* -- )?linli ([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)):
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


@pytest.mark.parametrize("command", sorted(each for each in set(shown()) if not each.endswith("--help")))
def test_a_command_of_a_console_block_can_be_typed_as_it_stands(command: str) -> None:
    """Every option has its value, and every argument is there, no more and no less."""
    found: click.Command | None = linli
    words = words_of(command)
    with linli.make_context("linli", [], resilient_parsing=True) as context:
        while isinstance(found, click.Group):
            found = found.get_command(context, words.pop(0))
        assert found is not None
        given, left, _ = found.make_parser(click.Context(found)).parse_args(words)
        needed = [each for each in found.params if isinstance(each, click.Argument) and each.required]

    assert left == []
    assert [each.name for each in needed if given.get(str(each.name)) is None] == []


def test_every_rpc_that_the_manual_names_exists() -> None:
    known = set(rpcs.names())
    firsts = "|".join({name.partition(".")[0] for name in known})
    named = set(re.findall(rf"\b((?:{firsts})\.[A-Z][A-Za-z]+)", PAGE))

    assert len(named) > 10
    assert named - known == set()


def test_every_setting_that_the_manual_names_exists() -> None:
    known = {name for name, _, _ in describe(Settings)}
    for name in NAMES:
        known |= {variable for variable, _, _ in describe(load(name).settings, f"LINLI_{name.upper()}_")}
    known |= {f"{name}_FILE" for name in known}
    named = set(re.findall(r"(?<!_)LINLI_[A-Z_]*[A-Z]", PAGE))

    assert len(named) > 20
    assert named - known - {"LINLI_TOKEN", "LINLI_PROFILE"} == set()


def test_every_value_of_the_chart_that_the_manual_names_exists() -> None:
    values = yaml.safe_load((ROOT / "charts/linli/values.yaml").read_text("utf-8"))
    first = "|".join(values.keys() - {"service"})  # `service.name` and the like are OpenTelemetry's
    named = set(re.findall(rf"(?:`|--set )((?:{first})(?:\.[a-zA-Z]+)+)[`=: ]", PAGE))

    assert len(named) >= 6
    for path in named:
        here = values
        for key in path.split("."):
            assert key in here, path
            here = here[key]


def test_every_chapter_of_the_manual_that_the_doctor_names_exists() -> None:
    for file in (ROOT / "libs/runtime/doctor").glob("*.py"):
        for text in re.findall(r'OPERATING\.md, ([^"]+)"', file.read_text("utf-8")):
            for chapter in text.split("; "):
                assert re.search(rf"^#+ {chapter}|\*\*{chapter}", PAGE, re.MULTILINE), (
                    f"{file.name}: {chapter}"
                )


def test_the_manual_is_read() -> None:
    assert len(set(told())) > 40
    assert len(set(shown())) > 25
