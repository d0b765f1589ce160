"""Qualifications and posts of a file: checked, applied once, changed, and exported without their holders."""

from pathlib import Path
from typing import Any

import pytest

from services.command.community.checking import Checked, checked
from services.command.community.normal_form import of_file, written
from services.command.community.planning import planned
from services.command.community.standing import Standing
from services.command.community.steps import Action, Step
from services.command.community.tests.test_apply import client_of
from services.command.community.tree import Problems
from services.command.line import run

TOWN = """\
linli: 1
time_zone: Asia/Shanghai
areas:
  - {id: lake, level: community, name: {zh: 湖滨}}
bodies:
  - {id: office, kind: community_committee, name: {zh: 居委会}, area: lake}
qualifications:
  - {id: first-aid, name: {zh: 急救员, en: First aid}, valid_days: 730}
  - {id: sign-language, name: {zh: 手语}}
posts:
  - {id: nurse, body: office, name: {zh: 护士}, area: lake, needs: [first-aid]}
  - id: warden
    body: office
    name: {zh: 专干, en: Warden}
    area: lake
    needs: [sign-language, first-aid]
    roles:
      - {role: planner, area: lake}
      - {role: grid_worker, area: lake, body: office}
"""


@pytest.mark.capability("004.8", "002.7")
@pytest.mark.parametrize(
    ("right", "wrong", "kind", "line"),
    [
        ("needs: [first-aid]", "needs: [first-ade]", "unknown-name", 11),
        ("body: office, name", "body: ofice, name", "unknown-name", 11),
        ("id: warden", "id: nurse", "id-twice", 12),
        ("name: {zh: 护士}", "name: {}", "name-missing", 11),
        ("{role: planner, area: lake}", "{role: planner}", "grant-unbounded", 18),
        ("{role: planner, area: lake}", "{role: operator, area: lake}", "unknown-value", 18),
        ("{role: planner, area: lake}", "{role: grid_worker, area: lake, body: office}", "grant-twice", 19),
        ("valid_days: 730", "valid_days: -1", "beyond", 8),
        ("{zh: 手语}", "{}", "name-missing", 9),
    ],
)
def test_a_mistake_is_found_where_it_stands(
    tmp_path: Path, right: str, wrong: str, kind: str, line: int
) -> None:
    file = tmp_path / "town.yaml"
    assert right in TOWN
    file.write_text(TOWN.replace(right, wrong, 1), "utf-8")

    found = checked(file)

    assert isinstance(found, Problems)
    assert (kind, line) in {(each.kind.removesuffix("-close"), each.spot.line) for each in found}


@pytest.fixture
def town(tmp_path: Path) -> Path:
    file = tmp_path / "town.yaml"
    file.write_text(TOWN, "utf-8")
    return file


def steps_of(town: Path, platform: Path) -> list[Step]:
    found = checked(town)
    assert isinstance(found, Checked), found
    with client_of(platform) as client:
        return [
            each for each in planned(found, Standing(client)) if each.section in {"qualifications", "posts"}
        ]


def applied(town: Path, platform: Path) -> int:
    return run(["community", "apply", str(town), "--data", str(platform), "--yes"])


def posts_of(platform: Path) -> dict[str, Any]:
    with client_of(platform) as client:
        return dict(Standing(client).posts())


@pytest.mark.store
@pytest.mark.journey
@pytest.mark.capability("004.8", "002.7")
def test_posts_are_established_once_and_get_other_needs(platform: Path, town: Path) -> None:
    assert {each.action for each in steps_of(town, platform)} == {Action.CREATE}

    assert applied(town, platform) == 0

    assert {each.action for each in steps_of(town, platform)} == {Action.LEAVE}
    assert sorted(posts_of(platform)["warden"].qualification_ids) == ["first-aid", "sign-language"]
    for needs in ("[]", "[first-aid]", "[]", "[sign-language]"):  # there and back: each takes effect
        town.write_text(TOWN.replace("needs: [first-aid]", f"needs: {needs}", 1), "utf-8")
        assert [each.name for each in steps_of(town, platform) if each.action is Action.CHANGE] == ["nurse"]
        assert applied(town, platform) == 0
        assert list(posts_of(platform)["nurse"].qualification_ids) == (
            [] if needs == "[]" else [needs.strip("[]")]
        )


@pytest.mark.store
@pytest.mark.journey
def test_what_a_post_keeps_is_listed_and_left(platform: Path, town: Path) -> None:
    assert applied(town, platform) == 0
    town.write_text(TOWN.replace("name: {zh: 护士}", "name: {zh: 医生}").replace("730", "365"), "utf-8")

    stuck = {each.name for each in steps_of(town, platform) if each.action is Action.CANNOT}

    assert stuck == {"nurse", "first-aid"}
    assert applied(town, platform) == 1
    assert posts_of(platform)["nurse"].title.zh == "护士"


@pytest.mark.store
@pytest.mark.journey
def test_an_export_says_which_posts_there_are_and_not_who_holds_them(
    platform: Path, town: Path, tmp_path: Path
) -> None:
    assert applied(town, platform) == 0
    found = checked(town)
    assert isinstance(found, Checked)

    assert run(["community", "export", str(tmp_path / "now"), "--data", str(platform)]) == 0

    again = checked(tmp_path / "now")
    assert isinstance(again, Checked), again
    ours = {"nurse", "warden"}
    exported = [each for each in again.community.posts if each.id in ours]
    [said] = [part for name, part in of_file(found).parts.items() if name == "posts"]
    assert exported == sorted(said, key=lambda each: each.id)
    assert "holder" not in (tmp_path / "now" / "community.yaml").read_text("utf-8")
    assert "posts:" in written(of_file(found))["community.yaml"]
