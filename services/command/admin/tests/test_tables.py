"""Tables for people: what others have chosen is shown, and nothing of it is obeyed."""

import pytest
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from services.command.admin.tables import print_one, print_rows, without_controls

BODY = identity.Body(
    body_id="b-1",
    kind=types.BODY_KIND_RESIDENTS_GROUP,
    name=LocalizedText(zh="邻里", en="[red]Elm\x1b[2J"),
    area_id="elm",
)


def test_a_name_is_shown_in_both_languages_and_commands_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows([BODY], BODY.DESCRIPTOR, ("body_id", "name", "kind"))

    head, _, row = capsys.readouterr().out.strip().splitlines()
    assert head.split() == ["body_id", "name", "kind"]
    assert row.split(maxsplit=1)[0] == "b-1"
    assert "邻里 / [red]Elm\\x1b[2J" in row
    assert "BODY_KIND_RESIDENTS_GROUP" in row


def test_a_long_value_is_whole_where_nobody_looks_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    long = identity.Body(body_id="b" * 300, area_path="a" * 300)

    print_rows([long], BODY.DESCRIPTOR, ("body_id", "area_path"))

    assert f"{'b' * 300} " in capsys.readouterr().out


def test_one_thing_is_a_line_for_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    print_one(identity.GetBodyResponse(body=BODY))

    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [name for name, _ in lines] == ["body.body_id", "body.kind", "body.name", "body.area_id"]


@pytest.mark.parametrize("text", ["\x1b[31m", "a\rb", "\u202eabc", "\x9b2J", "\ud800"])
def test_controls_are_spelt_out(text: str) -> None:
    assert without_controls(text).isprintable()
