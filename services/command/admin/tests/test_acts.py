"""The table of acts fits the rpcs: every field that it names exists, and every option says what it is."""

import re
from collections.abc import Iterator

import click
import pytest
from google.protobuf.descriptor import MethodDescriptor

from services.command import rpcs
from services.command.admin.act import Act
from services.command.admin.acts import NOUNS
from services.command.admin.command import command_of
from services.command.admin.group import admin
from services.command.admin.inputs import REQUEST_ID, inputs_of
from services.command.admin.perform import rows_of
from services.command.admin.words import NAMES, WORDS

ACTS = {f"{noun} {verb}": act for noun, of in NOUNS.items() for verb, act in of.acts.items()}
_ENDING = re.compile(
    r"erase|revoke|retire|remove|discard|end|change|rotate|refuse|revise|set-password|move|split|merge"
)
each_act = pytest.mark.parametrize("name", ACTS)


def method_of(act: Act) -> MethodDescriptor:
    return rpcs.find(act.rpc)


@each_act
def test_an_act_names_fields_that_its_rpc_has(name: str) -> None:
    act, method = ACTS[name], method_of(ACTS[name])
    paths = {one.path for one in inputs_of(method.input_type)}

    assert {*act.takes, *act.asks, *act.words} - paths == set()
    assert set(act.filters) == set() or "filter" in method.input_type.fields_by_name
    assert not act.secret or act.secret in method.output_type.fields_by_name
    if act.columns:
        rows = rows_of(method)
        assert rows is not None
        assert rows.message_type is not None
        assert set(act.columns) - set(rows.message_type.fields_by_name) == set()


@each_act
def test_every_option_says_what_it_is_and_none_has_two_meanings(name: str) -> None:
    command = command_of(name.partition(" ")[2], ACTS[name])
    flags = [flag for param in command.params if isinstance(param, click.Option) for flag in param.opts]

    command.make_parser(click.Context(command))
    assert len(flags) == len(set(flags))
    for param in command.params:
        assert not isinstance(param, click.Option) or param.help or param.hidden


@each_act
def test_what_cannot_simply_be_taken_back_is_asked_for(name: str) -> None:
    act = ACTS[name]
    options = {flag for param in command_of("act", act).params for flag in param.opts}

    assert ("--yes" in options) == bool(act.follows)
    if _ENDING.match(name.partition(" ")[2]):
        assert act.follows
    assert ("erase" in name) == act.twice


@each_act
def test_every_change_can_be_tried(name: str) -> None:
    options = {flag for param in command_of("act", ACTS[name]).params for flag in param.opts}
    changes = REQUEST_ID in method_of(ACTS[name]).input_type.fields_by_name

    assert ("--dry-run" in options) == ("--request-id" in options) == changes


@each_act
def test_help_reads_as_sentences(name: str) -> None:
    act = ACTS[name]

    assert re.fullmatch(r"[a-z].*[^.]", act.summary)
    for text in filter(None, (act.more, act.follows)):
        assert re.fullmatch(r"[A-Z`].*\.", text)


def words_of_persons() -> Iterator[tuple[str, str]]:
    """Fields with what a person is called, where they live, how they are reached, or their password."""
    for name, act in ACTS.items():
        for one in inputs_of(method_of(act).input_type):
            if act.rpc == "identity.RegisterResident" and one.path != "natural_key.kind":
                yield name, one.path
            if one.path == "password":
                yield name, one.path


def test_no_persons_data_and_no_password_is_an_option() -> None:
    found = list(words_of_persons())

    assert ("person register", "natural_key.value") in found
    for name, path in found:
        params = {param.name for param in command_of("act", ACTS[name]).params}
        assert path == "area_id" or path.replace(".", "__") not in params


def test_every_word_is_used() -> None:
    paths = {one.path for act in ACTS.values() for one in inputs_of(method_of(act).input_type)}

    assert set(WORDS) - paths == set()
    assert set(NAMES) - paths == set()


def test_the_groups_list_every_noun_and_verb() -> None:
    group = admin()
    assert isinstance(group, click.Group)
    with click.Context(group) as context:
        assert group.list_commands(context) == list(NOUNS)
        below = group.get_command(context, "role")
        assert isinstance(below, click.Group)
        assert below.list_commands(context) == list(NOUNS["role"].acts)
