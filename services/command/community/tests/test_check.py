"""All that is wrong with a community file is told at once, by file, line and column, in both languages."""

import json
from pathlib import Path

import pytest

from services.command.community.checking import Checked, checked
from services.command.community.shipping import SHIPPED, names
from services.command.community.tree import Problems
from services.command.community.wording import LANGUAGES, said
from services.command.line import run

HERE = Path(__file__).parent
FORTY = HERE / "forty.yaml"
GOOD = """\
linli: 1
time_zone: Asia/Shanghai
valid_from: 2026-01-01
areas:
  - {id: town, level: city, name: {zh: 镇}}
"""

Found = tuple[int, int, str]


def problems_of(file: Path) -> list[Found]:
    found = checked(file)
    return (
        [(each.spot.line, each.spot.column, each.kind) for each in found]
        if isinstance(found, Problems)
        else []
    )


def of_yaml(tmp_path: Path, text: str) -> list[Found]:
    file = tmp_path / "town.yaml"
    file.write_text(text, "utf-8")
    return problems_of(file)


def of_table(tmp_path: Path, name: str, content: bytes | str) -> list[tuple[str, int, int, str]]:
    (tmp_path / "community.yaml").write_text(GOOD, "utf-8")
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    found = checked(tmp_path)
    assert isinstance(found, Problems)
    return [(Path(each.spot.file).name, each.spot.line, each.spot.column, each.kind) for each in found]


def planted() -> list[Found]:
    """The mistakes that the file says it has."""
    found = []
    for number, line in enumerate(FORTY.read_text("utf-8").splitlines(), start=1):
        content, marked, mistake = line.partition("#! ")
        if marked and not line.startswith("#"):
            kind, _, text = mistake.partition(" at ")
            found.append((number, content.index(text) + 1, kind))
    return found


@pytest.mark.capability("004.8")
def test_forty_kinds_of_mistakes_are_found_at_once_each_where_it_stands() -> None:
    mistakes = planted()

    assert len({kind for _, _, kind in mistakes}) >= 40
    assert problems_of(FORTY) == sorted(mistakes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_mistake_is_told_with_its_spot_and_what_to_do(language: str) -> None:
    found = checked(FORTY)

    assert isinstance(found, Problems)
    for problem in found:
        sentence = said(problem, language)
        assert sentence.startswith(f"{FORTY}:{problem.spot.line}:{problem.spot.column}: ")
        assert "{" not in sentence.replace("{}", "")


def test_a_file_without_mistakes_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "town.yaml").write_text(GOOD, "utf-8")

    found = checked(tmp_path / "town.yaml")

    assert isinstance(found, Checked)
    assert [area.id for area in found.community.areas] == ["town"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("linli: 1\nareas:\n\t- {id: town}\n", (3, 1, "yaml-tab")),
        ("linli: 1\nareas: [\n", (3, 1, "yaml-node")),
        ("linli: 1\nareas:\n  - {id: a, name: {en: Park: new}}\n", (3, 28, "yaml-brace")),
        ("linli: 1\ntime_zone\nareas: []\n", (3, 1, "yaml-colon")),
        ("linli: 1\nname: a: b\n", (2, 8, "yaml-value")),
        ("linli: 1\nname: 'a\n", (3, 1, "yaml-end")),
        ("linli: 1\n---\nlinli: 1\n", (2, 1, "yaml-documents")),
        (f"linli: 1\nareas: {'[' * 41}", (2, 47, "yaml-deep")),
        ("linli: 1\nareas: *nobody\n", (2, 8, "yaml-alias")),
        ("linli: 1\nareas: &all [*all]\n", (2, 14, "yaml-alias")),
        ("linli: 1\n[a]: 1\n", (2, 1, "yaml-key")),
        ("linli: 1\nareas: \x07\n", (2, 8, "character")),
        ("", (1, 1, "nothing")),
        ("# nothing but a remark\n", (1, 1, "nothing")),
        ("- linli: 1\n", (1, 1, "wants-fields")),
        ("time_zone: UTC\n", (1, 1, "missing")),
        ("linli: 2\ntime_zone: UTC\n", (1, 8, "unknown-value")),
        ("linli: 1\ntime_zone: UTC\nareas: ~\n", (3, 8, "empty")),
        (
            f"{GOOD}affairs:\n  - &a {{id: noise, name: {{zh: 噪}}}}\n  - <<: *a\n    id: din\n",
            (8, 5, "yaml-merge"),
        ),
        (f"{GOOD}services:\n  - {{id: on, body: b}}\n", (7, 10, "yaml-yes")),
    ],
)
def test_traps_of_yaml_are_told_where_they_are(tmp_path: Path, text: str, told: Found) -> None:
    assert told in of_yaml(tmp_path, text)


def test_a_small_file_that_stands_for_a_large_one_is_refused(tmp_path: Path) -> None:
    levels = "".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 10)}]\n" for n in range(9))

    found = of_yaml(tmp_path, f"l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n{levels}")

    assert [kind for _, _, kind in found] == ["yaml-bomb"]


@pytest.mark.parametrize(("language", "counted"), [("zh", "1 个区域"), ("en", "1 areas")])
def test_what_a_file_has_is_counted_in_the_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, counted: str
) -> None:
    (tmp_path / "town.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "none.yaml").write_text(GOOD.replace("city", "town"), "utf-8")

    assert run(["community", "check", str(tmp_path / "town.yaml"), "--language", language]) == 0
    assert run(["community", "check", str(tmp_path / "none.yaml"), "--language", language]) == 1

    said = capsys.readouterr()
    assert counted in said.out
    assert "1 mistake;" in said.err or language == "zh"


def test_what_is_not_utf_8_is_told_by_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_bytes(b"linli: 1\n# " + "街".encode("gb18030"))

    assert problems_of(file) == [(2, 3, "encoding")]


TABLE = "id,parent,level,name.zh,name.en\r\n"
BODIES = "id,kind,name.zh,area\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bodies.csv", "", ("bodies.csv", 1, 1, "csv-empty")),
        ("bodies.csv", "id,,kind\n", ("bodies.csv", 1, 4, "csv-header")),
        ("bodies.csv", "id,kind,id\n", ("bodies.csv", 1, 9, "key-twice")),
        ("bodies.csv", f"{BODIES}office,community_committee\n", ("bodies.csv", 2, 1, "csv-cells")),
        ("bodies.csv", f'{BODIES}off"ice,community_committee,x,town\n', ("bodies.csv", 2, 4, "csv-quote")),
        ("bodies.csv", f'{BODIES}"office"2,community_committee,x,town\n', ("bodies.csv", 2, 9, "csv-quote")),
        ("bodies.csv", f'{BODIES}office,"community\n', ("bodies.csv", 2, 8, "csv-quote-open")),
        ("bodies.csv", f"{BODIES}office,community,x,town\n", ("bodies.csv", 2, 8, "unknown-value-close")),
        ("bodies.csv", "id,kind,name.zh\noffice,residents_group,x\n", ("bodies.csv", 2, 1, "missing")),
        ("bodies.csv", f"{BODIES}office,residents_group,,town\n", ("bodies.csv", 2, 1, "missing")),
        ("bodies.csv", "id,colour\noffice,red\n", ("bodies.csv", 1, 4, "unknown-key")),
        (
            "bodies.csv",
            f'{BODIES}office,residents_group,"x\ny",twon\n',
            ("bodies.csv", 3, 4, "unknown-name-close"),
        ),
        ("affairs.csv", "id,name.zh,outcomes\nnoise,噪,[{code: a\n", ("affairs.csv", 2, 9, "csv-yaml")),
        (
            "affairs.csv",
            "id,name.zh,outcomes\nnoise,噪,[{code: A}]\n",
            ("affairs.csv", 2, 17, "pattern-code"),
        ),
        ("areas.csv", f"{TABLE}", ("areas.csv", 1, 1, "section-twice")),
        ("roads.csv", "id\n", ("roads.csv", 1, 1, "unknown-table")),
        ("Areas.CSV", "id\n", ("Areas.CSV", 1, 1, "table-unread")),
        ("bodies.xlsx", b"PK", ("bodies.xlsx", 1, 1, "table-unread")),
        ("bodies.csv", "id,name\nb,Office\n", ("bodies.csv", 2, 3, "wants-fields-column")),
        (
            "people.csv",
            "staff_number,name,area,roles\n7,Li,town,planner\n",
            ("people.csv", 2, 11, "wants-fields-item"),
        ),
        ("dwellings.csv", "id\n", ("dwellings.csv", 1, 1, "reserved")),
        ("bodies.csv", "编号\n".encode("gb18030"), ("bodies.csv", 1, 1, "encoding")),
    ],
)
def test_traps_of_tables_are_told_where_they_are(
    tmp_path: Path, name: str, content: bytes | str, told: tuple[str, int, int, str]
) -> None:
    assert told in of_table(tmp_path, name, content)


def test_a_folder_of_tables_says_the_same_as_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    (folder / "community.yaml").write_text(GOOD, "utf-8")
    # as spreadsheets write it: with a byte order mark, CRLF, TRUE, blank lines
    (folder / "affairs.csv").write_bytes(
        (
            "\ufeffid,parent,name.zh,name.en,anonymous,keywords,outcomes\r\n"
            'noise,,噪音,"Noise, loud",TRUE,din; 吵闹,"[{code: done, zh: 已解决}]"\r\n'
            "music,noise,音乐,,FALSE,,\r\n\r\n"
        ).encode()
    )
    one = tmp_path / "town.yaml"
    one.write_text(
        f"{GOOD}affairs:\n"
        "  - {id: noise, name: {zh: 噪音, en: 'Noise, loud'}, anonymous: true, keywords: [din, 吵闹],\n"
        "     outcomes: [{code: done, zh: 已解决}]}\n"
        "  - {id: music, parent: noise, name: {zh: 音乐}}\n",
        "utf-8",
    )

    of_folder, of_one = checked(folder), checked(one)

    assert isinstance(of_folder, Checked)
    assert isinstance(of_one, Checked)
    assert of_folder.community == of_one.community


MAP = """{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"nr": "1"}, "geometry": {"type": "Polygon", "coordinates":
 [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]}},
{"type": "Feature", "properties": {"nr": "2"}, "geometry": {"type": "Polygon", "coordinates":
 [[[0.5, 0.5], [0.5, 2], [2, 2], [2, 0.5], [0.5, 0.5]]]}}%s]}"""
AREAS = """\
linli: 1
time_zone: UTC
valid_from: 2026-01-01
areas:
  - {id: a-1, level: city, name: {en: One}}
  - {id: a-2, parent: a-1, level: community, name: {en: Two}}
boundaries:
  - {file: map.geojson, property: nr, prefix: a-}
"""


def test_a_boundary_beyond_its_parents_is_told_at_the_area(tmp_path: Path) -> None:
    (tmp_path / "map.geojson").write_text(MAP % "")

    assert of_yaml(tmp_path, AREAS) == [(6, 10, "boundary-beyond")]


@pytest.mark.parametrize(
    ("feature", "kind"),
    [
        ('{"properties": {"nr": "3"}}', "boundary-nobody"),
        ('{"properties": {"number": "2"}}', "boundary-property"),
        ('{"properties": {"nr": "2"}, "geometry": null}', "boundary-twice"),
    ],
)
def test_features_that_fit_no_area_are_told_at_the_file_that_has_them(
    tmp_path: Path, feature: str, kind: str
) -> None:
    (tmp_path / "map.geojson").write_text(MAP % f",{feature}")

    assert kind in {found for _, _, found in of_yaml(tmp_path, AREAS)}


@pytest.mark.capability("004.8")
@pytest.mark.parametrize(
    ("crs", "kinds"),
    [
        ("urn:ogc:def:crs:EPSG::25833", ["boundary-crs"]),
        ("urn:ogc:def:crs:EPSG::4610", ["boundary-crs"]),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", ["boundary-beyond"]),
        ("urn:ogc:def:crs:EPSG::4490", ["boundary-beyond"]),
        ("EPSG:4326", ["boundary-beyond"]),
    ],
)
def test_a_map_in_another_coordinate_system_is_refused(tmp_path: Path, crs: str, kinds: list[str]) -> None:
    document = {**json.loads(MAP % ""), "crs": {"type": "name", "properties": {"name": crs}}}
    (tmp_path / "map.geojson").write_text(json.dumps(document))

    assert [kind for _, _, kind in of_yaml(tmp_path, AREAS)] == kinds


def test_a_boundary_that_cannot_be_used_is_named_by_its_file_and_feature(tmp_path: Path) -> None:
    document = json.loads(MAP % "")
    document["features"][1]["geometry"] = {"type": "Polygon", "coordinates": [[[1, 1], [1, 2]]]}
    (tmp_path / "map.geojson").write_text(json.dumps(document))

    [message] = messages_of(tmp_path, AREAS)

    assert "the boundary of a-2 cannot be used: map.geojson, feature 2: polygon 0, ring 0" in message


def test_a_body_is_no_helper_of_its_own(tmp_path: Path) -> None:
    text = (
        f"{GOOD}affairs:\n  - {{id: a, name: {{en: A}}}}\n"
        "bodies:\n  - {id: b, kind: residents_group, name: {en: B}, area: town}\n"
        "responsibilities:\n  - {affair: a, area: town, body: b, legal_basis: Act, helpers: [b]}\n"
    )

    assert of_yaml(tmp_path, text) == [(11, 66, "helper-itself")]


@pytest.mark.capability("004.8")
@pytest.mark.parametrize("name", names())
def test_what_is_shipped_has_no_mistake(name: str) -> None:
    assert isinstance(checked(SHIPPED / name), Checked)


def messages_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "town.yaml"
    file.write_text(text, "utf-8")
    found = checked(file)
    return (
        [said(each, "en").removeprefix(f"{file}:") for each in found] if isinstance(found, Problems) else []
    )


@pytest.mark.capability("004.8")
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_as_spreadsheets_of_any_country_write_it(tmp_path: Path, delimiter: str) -> None:
    rows = [
        "id anonymous name.en keywords",
        'noise WAHR Noise "din; roar"',
        "   ",
        "din FAUX Din ",
        "hum 是 Hum ",
    ]
    (tmp_path / "community.yaml").write_text(GOOD, "utf-8")
    table = "\r\n".join(row.replace("; ", ";").replace(" ", delimiter) for row in rows)
    (tmp_path / "affairs.csv").write_text(table, "utf-8-sig")

    found = checked(tmp_path)

    assert isinstance(found, Checked)
    affairs = found.community.affairs
    assert [(each.id, each.anonymous) for each in affairs] == [("noise", True), ("din", False), ("hum", True)]
    assert affairs[0].keywords == ["din", "roar"]


def test_what_hangs_on_something_at_fault_is_not_told_too(tmp_path: Path) -> None:
    text = GOOD.replace("2026-01-01", "01.01.2026").replace(
        "areas:\n", "areas:\n  - {id: Nord, level: city, name: {en: North}}\n"
    )
    text += (
        "affairs:\n  - {id: grün, name: {en: Green}}\n"
        "bodies:\n  - {id: b, kind: residents_group, name: {en: B}, area: nord}\n"
        "responsibilities:\n  - {affair: grün, area: town, body: b, legal_basis: Act}\n"
    )

    assert [kind for _, _, kind in of_yaml(tmp_path, text)] == ["moment", "pattern-id", "pattern-id"]


def test_what_names_an_entry_of_a_table_that_cannot_be_read_is_not_told_too(tmp_path: Path) -> None:
    (tmp_path / "affairs.csv").write_text("id,parent,name.en\nnoise,din,Noise\n", "utf-8")

    found = of_table(tmp_path, "affairs.csv", "id,parent,name.en\nnoise,din,Noise\ndin,Din\n")

    assert found == [("affairs.csv", 3, 1, "csv-cells")]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("legal_basis: Beschluss 12, 2024", "there is no key 2024: put text with a comma in quotes"),
        ("url: www.x.example", "www.x.example is no web address: begin it with https://, without blanks"),
        ("cost: {amount_minor: 25}", "it has a price without a currency: add currency, such as EUR"),
        ("cost: {amount_minor: 25, currency: EUR, free: true}", "it is free and has a price"),
        ("languages: [deutsch_]", "deutsch_ is no code of a language: write one such as zh, en or de"),
    ],
)
def test_a_mistake_is_told_with_what_to_do_about_it(tmp_path: Path, cell: str, told: str) -> None:
    section = "responsibilities" if "legal" in cell else "services"
    text = f"{GOOD}{section}:\n  - {{id: s, body: b, affair: a, name: {{en: S}}, {cell}}}\n"

    found = messages_of(
        tmp_path,
        text
        + "bodies:\n  - {id: b, kind: residents_group, name: {en: B}, area: town}\n"
        + "affairs:\n  - {id: a, name: {en: A}}\n",
    )

    assert any(told in each for each in found), found


def test_where_boundaries_lie_and_which_cross_themselves_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bow_tie = "{type: Polygon, coordinates: [[[10, 50], [11, 51], [11, 50], [10, 51], [10, 50]]]}"
    text = GOOD.replace("level: city,", f"level: city, boundary: {bow_tie},")
    (tmp_path / "town.yaml").write_text(text, "utf-8")

    assert run(["community", "check", str(tmp_path / "town.yaml"), "--language", "en"]) == 0

    said = capsys.readouterr().out
    assert "the boundary of town crosses itself and is used as repaired" in said
    assert "boundaries lie from longitude 10.0000 to 11.0000 and latitude 50.0000 to 51.0000" in said
