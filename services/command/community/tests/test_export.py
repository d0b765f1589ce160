"""What is exported of an applied community is what the file says, in the normal form."""

import json
from pathlib import Path

import pytest

from services.command.community.checking import Checked, checked
from services.command.community.normal_form import of_file, written
from services.command.community.tests.test_readme import CELL, shown
from services.command.line import run

pytestmark = [pytest.mark.store, pytest.mark.journey]

MORE = """\
  - id: dinner
    body: lake-committee
    affair: environment
    name: {en: Dinner}
    description: {zh: 晚餐, en: Dinner for the elderly}
    eligibility: {minimum_age: 60, groups: [elderly], terms: {en: by card}}
    schedule: {week: {sunday: 17:00-19:00}, terms: {en: on time}}
    places: [{name: {en: Hall}, address: 1 Lake Road, latitude: 30.5, longitude: 120.25}]
    cost: {amount_minor: 500, currency: CNY}
    accessibility: [wheelchair]
    capacity: {amount: 30, unit: places}
    url: https://example.org/dinner
    phone: '12345'
    status: suspended
"""
PROMISE = """\
commitments:
  - affair: environment
    area: ns-lake
    calendar: office
    answer: 1 hour
    dispatch: 2 hours
    first_response: 1 day
    resolution: 5 days
    adjudication: 12 hours
    conditions: [{zh: 天气允许}]
    confirmation_days: 10
    reject_reasons: [{code: 'no', en: 'No'}]
    message_limits: {resident: 7 days, community: 2 days, department: 3 days}
    escalation:
      acknowledgement: 4 hours
      levels: [{after: 3 days, recipient: supervisor, area_level: street}]
    valid_from: 2026-03-01T12:00:00+08:00
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    (tmp_path / "cells.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [CELL]}))
    file = tmp_path / "town.yaml"
    said = shown("yaml").replace("commitments:\n", PROMISE) + MORE
    file.write_text(said.replace("parent: environment", "parent: environment\n    retired: false"), "utf-8")
    return file


def normal_form(file: Path) -> dict[str, str]:
    found = checked(file)
    assert isinstance(found, Checked)
    return written(of_file(found))


def test_the_normal_form_says_the_same_as_the_file_and_is_its_own(town: Path, tmp_path: Path) -> None:
    files = normal_form(town)
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")

    assert normal_form(tmp_path / "community.yaml") == files
    assert list(files) == ["community.yaml", "boundaries.geojson"]


@pytest.mark.capability("004.8")
def test_an_export_of_an_applied_community_equals_the_file(
    town: Path, platform: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "exported"

    applied = run(["community", "apply", str(town), "--yes", "--data", str(platform)])
    exported = run(["community", "export", str(folder), "--data", str(platform)])

    assert (applied, exported) == (0, 0), capsys.readouterr().err
    assert {each.name: each.read_text("utf-8") for each in folder.iterdir()} == normal_form(town)


def test_an_exported_folder_changes_nothing_when_it_is_applied_and_is_not_written_over(
    town: Path, platform: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["community", "apply", str(town), "--yes", "--data", str(platform)]) == 0
    folder = tmp_path / "exported"
    run(["community", "export", str(folder), "--data", str(platform)])
    capsys.readouterr()

    again = run(["community", "apply", str(folder), "--yes", "--data", str(platform)])
    over = run(["community", "export", str(folder), "--data", str(platform)])

    said = capsys.readouterr()
    assert (again, over) == (0, 1)
    assert "nothing to do" in said.out
    assert "exists: give another folder" in said.err


@pytest.mark.capability("003.1", "004.8")
def test_what_names_an_area_that_has_ended_is_left_out_and_named(
    town: Path, platform: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = town.read_text("utf-8")
    hill = "areas:\n  - {id: hill, level: street, name: {en: Hill}}\n"
    club = "bodies:\n  - {id: club, kind: residents_group, name: {en: Club}, area: hill}\n"
    theirs = "responsibilities:\n  - {affair: environment, area: hill, body: sanitation, legal_basis: Act}\n"
    text = text.replace("areas:\n", hill, 1).replace("bodies:\n", club).replace("responsibilities:\n", theirs)
    town.write_text(text.replace("areas: [nanshan]", "areas: [nanshan, hill]"), "utf-8")
    assert run(["community", "apply", str(town), "--yes", "--data", str(platform)]) == 0
    end = '{"request_id": "end-hill", "area_id": "hill", "reason": "built over"}'
    assert run(["call", "identity.EndArea", end, "--data", str(platform)]) == 0
    folder = tmp_path / "exported"
    capsys.readouterr()

    status = run(["community", "export", str(folder), "--data", str(platform)])

    said = capsys.readouterr().out
    assert status == 0
    assert "left out of bodies, for an area has ended or a body is left out: club" in said
    assert "left out of responsibilities" in said
    assert "environment in hill" in said
    found = checked(folder / "community.yaml")
    assert isinstance(found, Checked)
    assert [service.areas for service in found.community.services] == [[], ["nanshan"]]


@pytest.mark.capability("003.1", "004.8")
def test_the_export_after_a_split_changes_nothing_when_it_is_applied(
    town: Path, platform: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["community", "apply", str(town), "--yes", "--data", str(platform)]) == 0
    halves = [
        {
            "area_id": f"half-{outer[0]}",
            "name": {"en": f"Half {outer[0]}"},
            "boundary": json.dumps({"type": "Polygon", "coordinates": [[outer, [121, 30], middle, outer]]}),
        }
        for middle in [[120.5, 30.5]]
        for outer in ([120, 30], [121, 31])
    ]
    split = {"request_id": "split-cell", "area_id": "ns-lake-1", "parts": halves, "reason": "too large"}
    assert run(["call", "identity.SplitArea", json.dumps(split), "--data", str(platform)]) == 0
    folder = tmp_path / "exported"
    assert run(["community", "export", str(folder), "--data", str(platform)]) == 0
    capsys.readouterr()

    again = run(["community", "apply", str(folder), "--yes", "--data", str(platform)])

    said = capsys.readouterr()
    assert again == 0, said.err
    assert "boundaries: half" not in said.out
    assert "nothing to do" in said.out
