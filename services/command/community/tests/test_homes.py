"""Buildings and households of a file: checked, applied once, and exported as far as they are no people."""

from pathlib import Path
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds

from services.command.community import xinan
from services.command.community.applying import Applying
from services.command.community.checking import Checked, checked
from services.command.community.homes import housed
from services.command.community.tests.test_apply import client_of
from services.command.community.tree import Problems
from services.command.community.wired import Wired
from services.command.line import run

TOWN = """\
linli: 1
time_zone: Asia/Shanghai
areas:
  - {id: lake, level: community, name: {zh: 湖滨}}
  - {id: lake-1, parent: lake, level: grid_cell, name: {zh: 一}}
  - {id: lake-2, parent: lake, level: grid_cell, name: {zh: 二}}
buildings:
  - {id: b-1, area: lake-1, address: 湖滨路１号, stands_from: 1998-06-01, units: [3-201, 3-202]}
  - {id: b-2, area: lake-2, address: 湖滨路2号, latitude: 30.5, longitude: 120.5, units: [1-101]}
households:
  - building: b-1
    unit: 三单元201
    since: 2024-03-01
    facts: [{kind: tenure, value: owned}]
    members:
      - {national_id: 'X-1', name: 陈梅, relation: reference_person}
      - {national_id: 'X-2', name: 陈强, relation: parent, facts: [{kind: bedridden, value: 'yes'}]}
"""


@pytest.mark.capability("004.8", "004.9")
@pytest.mark.parametrize(
    ("right", "wrong", "kind", "line"),
    [
        ("[3-201, 3-202]", "[3-201, 三单元201室]", "unit-twice", 8),
        ("[3-201, 3-202]", "[3-201, '--']", "unit-blank", 8),
        ("三单元201", "三单元209", "unit-unknown", 12),
        ("湖滨路2号", "湖滨路1号", "address-twice", 9),
        ("latitude: 30.5, ", "", "coordinates", 9),
        ("value: owned", "value: squatted", "fact-value", 14),
        ("value: 'yes'", "value: perhaps", "fact-value", 17),
        ("kind: tenure", "kind: bedridden", "unknown-value", 14),
        ("kind: bedridden", "kind: rooms", "unknown-value", 17),
        ("since: 2024-03-01", "since: 1998-05-31", "since-early", 13),
        ("since: 2024-03-01", "since: 2190-03-01", "not-yet", 13),
        ("stands_from: 1998", "stands_from: 2190", "not-yet", 8),
        ("'X-2'", "'X-1'", "id-twice", 17),
        ("building: b-1", "building: b-9", "unknown-name", 11),
        ("relation: parent", "relation: boss", "unknown-value", 17),
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


@pytest.mark.capability("004.8", "004.9")
def test_the_made_up_households_of_xinan_are_what_their_seed_makes() -> None:
    for name, text in xinan.tables().items():
        made = f"{name}: python -m services.command.community.xinan writes it anew"
        assert (xinan.FOLDER / name).read_text("utf-8") == text, made

    found = checked(xinan.FOLDER)
    assert isinstance(found, Checked)
    assert (len(found.community.buildings), len(found.community.households)) == (72, 180)


class Answering:
    """A platform that registers whoever is named, and remembers the requests about households."""

    def __init__(self) -> None:
        self.ids: dict[str, list[str]] = {"form_household": [], "record_visit": []}

    def register_resident(self, asked: Any, deadline: float) -> Any:
        del deadline
        return identity.RegisterResidentResponse(resident_id=asked.natural_key.value)

    def form_household(self, asked: Any, deadline: float) -> Any:
        del deadline
        self.ids["form_household"].append(asked.request_id)
        return identity.FormHouseholdResponse(household_id="h-1")

    def record_visit(self, asked: Any, deadline: float) -> Any:
        del deadline
        self.ids["record_visit"].append(asked.request_id)
        return identity.RecordVisitResponse()


@pytest.mark.capability("003.1", "004.8")
def test_no_request_is_named_by_how_people_are_related_or_what_is_told_of_them(tmp_path: Path) -> None:
    platform: Any = Answering()
    for text in (
        TOWN,
        TOWN,
        TOWN.replace("relation: parent", "relation: child"),
        TOWN.replace("'yes'", "'no'"),
    ):
        file = tmp_path / "town.yaml"
        file.write_text(text, "utf-8")
        found = checked(file)
        assert isinstance(found, Checked)
        housed(found.community, Wired(found.community), Applying({"identity": platform}))

    assert len(set(platform.ids["form_household"])) == 1
    assert len(set(platform.ids["record_visit"])) == 4, "named by chance, not by what they tell"


@pytest.mark.store
@pytest.mark.journey
@pytest.mark.capability("004.8", "004.9")
def test_homes_are_applied_once_and_buildings_exported_as_they_are(
    platform: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, more, related = (tmp_path / name for name in ("town.yaml", "more.yaml", "related.yaml"))
    related.write_text(TOWN.replace("relation: parent", "relation: child"), "utf-8")
    file.write_text(TOWN, "utf-8")
    later = TOWN.replace("3-202]", "3-202, 3-301]").replace("湖滨路2号", "湖滨路3号")
    more.write_text(later.replace("三单元201", "3-202"), "utf-8")

    def applied(path: Path) -> tuple[int, str]:
        status = run(["community", "apply", str(path), "--yes", "--data", str(platform)])
        return status, capsys.readouterr().out

    first, again, otherwise, changed = applied(file), applied(file), applied(related), applied(more)
    assert run(["community", "export", str(tmp_path / "now"), "--data", str(platform)]) == 0

    assert first[0] == again[0] == 0
    assert "households: 1 are as the file says, 2 people registered" in first[1]
    assert "nothing to do but for people" in again[1]
    assert "households: 1 are as the file says, 0 people registered" in again[1]
    assert "households: 0 are as the file says, 0 people registered, 1 left alone" in otherwise[1]
    assert changed[0] == 1
    assert "change        buildings: b-1 (1 more dwellings)" in changed[1]
    assert "cannot change buildings: b-2 (another address" in changed[1]
    assert "households: 0 are as the file says, 0 people registered, 1 left alone" in changed[1]
    exported = (tmp_path / "now" / "community.yaml").read_text("utf-8")
    assert "units: [3-201, 3-202, 3-301]" in exported
    assert "households" not in exported
    assert "陈梅" not in exported
    assert living(platform) == [("b-1", 2)]


def living(platform: Path) -> list[tuple[str, int]]:
    """The buildings in which somebody lives, each with how many people."""
    found = []
    with client_of(platform) as client:
        stub: Any = client.service(identity.DESCRIPTOR.services_by_name["IdentityService"])
        for each in stub.list_households(identity.ListHouseholdsRequest()).households:
            asked = identity.GetHouseholdRequest(
                household_id=each.household_id, purpose=identity.PURPOSE_AUDIT
            )
            facts = {fact.kind: fact.value for fact in stub.get_household(asked).facts}
            assert facts == {kinds.FACT_KIND_TENURE: "owned", kinds.FACT_KIND_BEDRIDDEN: "yes"}
            found.append((each.building_id, each.members))
    return found
