"""Makes a command of `linli admin` out of its entry in the table and of the request of its rpc."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from services.command import passwords, rpcs
from services.command.admin.act import Act
from services.command.admin.inputs import (
    OF_THE_MECHANISM,
    PASSWORD,
    REQUEST_ID,
    Input,
    filter_param,
    inputs_of,
)
from services.command.admin.words import WORDS
from services.command.connection_options import connection_options
from services.command.registry import NAMES

_file = click.Path(path_type=Path, dir_okay=False)


def command_of(verb: str, act: Act) -> click.Command:
    """The command of one act, by the request of its rpc."""
    method = rpcs.find(act.rpc)
    inputs = inputs_of(method.input_type)

    def run(**values: Any) -> int:
        from services.command.admin.perform import perform  # only here: it loads a client and tables

        return perform(act, method, inputs, values)

    command = click.command(verb, help=_help(act, inputs))(connection_options(run))
    ours = [*_arguments(act, inputs), *_options(act, inputs)]
    fields = set(method.input_type.fields_by_name)
    command.params = [*ours, *_of_the_mechanism(act, inputs, fields), *command.params]
    return command


def _help(act: Act, inputs: list[Input]) -> str:
    first = f"{act.summary[0].upper()}{act.summary[1:]}."
    taken = [one for path in act.takes for one in inputs if one.path == path]
    words = [f"  {one.option.upper()}: {act.words.get(one.path) or WORDS[one.path]}" for one in taken]
    given = "\n".join(["\b", *words]) if words else ""
    return "\n\n".join(each for each in (first, given, act.more, act.follows) if each)


def _arguments(act: Act, inputs: list[Input]) -> Iterator[click.Parameter]:
    known = {one.path: one for one in inputs}
    for path in act.takes:
        one = known[path]
        kind = click.Choice(NAMES) if path == "service" else None
        yield click.Argument([one.param], metavar=None if kind else one.option.upper(), type=kind)


def _options(act: Act, inputs: list[Input]) -> Iterator[click.Parameter]:
    for one in inputs:
        if one.path in {*act.takes, *act.asks, PASSWORD}:
            continue
        needed = " (required)" if one.required else ""
        among = f": {', '.join(one.choices)}" if one.choices else ""
        about = f"{act.words.get(one.path) or WORDS[one.path]}{needed}{among}"
        if one.is_flag:
            yield click.Option([one.param, f"--{one.option}"], is_flag=True, help=about)
            continue
        yield click.Option(
            [one.param, f"--{one.option}"],
            type=_type(one),
            metavar=_metavar(one),
            multiple=one.field.is_repeated,
            help=about,
        )


class _Named(click.Choice[str]):
    """A name of an enum, also as a community file writes it: `case_officer` for ROLE_CASE_OFFICER."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        first, *others = self.choices
        words = first.split("_")
        while words and not all(each.startswith("_".join([*words, ""])) for each in others):
            words.pop()
        whole = "_".join([*words, str(value).upper()])
        return super().convert(whole if whole in self.choices else value, param, ctx)


def _type(one: Input) -> click.ParamType[Any]:
    if one.choices:
        return _Named(one.choices)
    return _file if one.is_file else click.STRING


def _metavar(one: Input) -> str:
    if one.choices or one.is_file:
        return "NAME" if one.choices else "FILE"
    if one.field.message_type is not None:
        return "TIME"
    return (
        "TEXT"
        if one.field.cpp_type == one.field.CPPTYPE_STRING and not one.path.endswith("_id")
        else ("ID" if one.path.endswith("_id") else "N")
    )


def _of_the_mechanism(act: Act, inputs: list[Input], fields: set[str]) -> Iterator[click.Parameter]:
    """What all acts of a kind have."""
    if "filter" in fields:
        for option in act.filters:
            yield click.Option(
                [filter_param(option), f"--{option}"],
                metavar="VALUE",
                help=f"only those of this {option.replace('-', ' ')}",
            )
        yield click.Option(
            ["--filter"],
            default="",
            metavar="TEXT",
            help="a filter, such as 'level = CITY OR area = \"elm\"'",
        )
    if "page_size" in fields:
        yield click.Option(
            ["--limit"],
            type=click.IntRange(min=0),
            metavar="N",
            help="at most so many; 0: all [200 in a table]",
        )
    elif REQUEST_ID not in fields:
        yield click.Option(["--limit"], type=int, hidden=True)
    if any(one.path == PASSWORD for one in inputs):
        yield click.Option(
            ["--password-file"],
            type=click.Path(path_type=Path, allow_dash=True),
            metavar="FILE",
            help=passwords.HELP,
        )
    if act.secret:
        yield click.Option(["--secret-file"], type=_file, metavar="FILE", help="a new file for the secret")
    also = ", ".join(
        [*act.asks, *sorted(fields - OF_THE_MECHANISM - {one.path.split(".")[0] for one in inputs})]
    )
    yield click.Option(
        ["--fields"],
        default="{}",
        metavar="JSON",
        help=f"more fields of the request{f' (also {also})' if also else ''}: JSON, @FILE, or -",
    )
    if REQUEST_ID in fields:
        yield click.Option(
            ["--request-id"],
            metavar="ID",
            help="the same id takes effect once, and gets the same answer [a new one]",
        )
        yield click.Option(
            ["--dry-run"], is_flag=True, help="only print the request, as `linli call` takes it"
        )
    if act.follows:
        yield click.Option(["--yes"], is_flag=True, help="do not ask")
    if act.twice:
        yield click.Option(["--again"], metavar="ID", help="the id a second time, where nobody can be asked")
    yield click.Option(["as_json", "--json"], is_flag=True, help="print JSON")
