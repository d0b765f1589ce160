"""The register lists every stored field with personal data, and leaves nothing of it open."""

import json
from dataclasses import asdict

import pytest

from services.command.line import run
from services.command.privacy_register import REASONS, everything
from services.command.registry import NAMES, load


@pytest.mark.capability("002.8")
def test_every_stored_personal_field_is_in_the_register_with_all_that_is_to_be_said() -> None:
    entries = list(everything())
    stored = {
        (name, event, field)
        for name in NAMES
        for event, fields in load(name).events.personal.items()
        for field in fields
    }

    assert {(each.service, each.event, each.field) for each in entries} == stored | {
        (name, *REASONS) for name in NAMES
    }
    assert [each for each in entries if not all(asdict(each).values())] == []


def test_it_is_printed_as_a_table_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["privacy", "register"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert run(["privacy", "register", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)

    assert len(table) == len(rows) + 2
    registered = [each for each in rows if each["event"] == "resident_registered.v1"]
    assert {"address", "name"} <= {each["field"] for each in registered}
    assert any("姓名" in line for line in table)
