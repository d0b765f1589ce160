"""Rows become requests by the map; each kind of dirt has its rule, its count, and its row and column."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from services.command.imports import account, checking
from services.command.imports.checking import Checked
from services.command.imports.ground import Ground, Owned, Words
from services.command.imports.map_file import parse_map
from services.command.imports.mapping import Map
from services.command.imports.readers.row import FileWrong, Row
from services.command.imports.requests import Left, Reading, Request
from services.command.imports.rules import Action, Rule
from services.command.imports.tests.places import SINCE, ground

NOW = datetime(2021, 1, 1, tzinfo=UTC)
GROUND = ground(
    {"tree": "Baumschaden", "lamp": "Laterne", "gone": "Telefonzelle"},
    {"b-1": "Gartenamt", "b-2": "Lichtamt"},
)
MAP = """\
system: quarry
name: Quarry
zone: Europe/Berlin
columns:
  id: Nr
  affair: Art
  state: Stand
  opened: Eingang
  responded: Beginn
  closed: Ende
  updated: Stand am
  owner: Amt
  channel: Weg
  latitude: Breite
  longitude: Länge
  area: Bezirk
  address: Ort
  anonymous: anonym
dates: {formats: ["%d.%m.%Y %H:%M", "%d.%m.%Y"]}
states: {values: {offen: open, in Arbeit: started, erledigt: closed, zurückgezogen: withdrawn, "-": rejected}}
affairs: {values: {Licht: lamp}}
owners: {by: column, values: {G: Gartenamt}}
channels: {values: {Telefon: phone_operator}}
outcomes: {affairs: {Baumschaden: removed}}
place: {without: City}
blank: [k. A.]
"""
CLEAN = {
    "Nr": "7", "Art": "baumschaden", "Stand": "Erledigt", "Eingang": "03.01.2020 08:15", "Beginn": "",
    "Ende": "04.01.2020 16:40", "Stand am": "", "Amt": "G", "Weg": "Telefon", "Breite": "52,53",
    "Länge": "13,35", "Bezirk": "", "Ort": "k. A.", "anonym": "",
}  # fmt: skip


def read(changed: Mapping[str, str], by: str = MAP, on: Ground = GROUND) -> Request | Left:
    values = {name.casefold(): value for name, value in CLEAN.items()}
    return Reading(parse_map(by), on, NOW).read(Row(2, {**values, **changed}))


def request(changed: Mapping[str, str], by: str = MAP, on: Ground = GROUND) -> Request:
    found = read(changed, by, on)
    assert isinstance(found, Request), found
    return found


def test_a_clean_row_is_a_request_in_utc() -> None:
    found = request({})

    assert (found.number, found.affair_id, found.body_id, found.state) == ("7", "tree", "b-1", "closed")
    assert found.opened == datetime(2020, 1, 3, 7, 15, tzinfo=UTC)
    assert found.ended == datetime(2020, 1, 4, 15, 40, tzinfo=UTC)
    assert found.place == (52.53, 13.35)
    assert found.address == ""  # k. A. means that nothing is there
    assert found.rules == ()


@pytest.mark.capability("004.13")
@pytest.mark.parametrize(
    ("changed", "rule", "then"),
    [
        ({"ende": "05.01.2020"}, Rule.CLOSED_ON_A_DATE, {"ended": datetime(2020, 1, 4, 23, tzinfo=UTC)}),
        (
            {"ende": "03.01.2020"},
            Rule.CLOSED_ON_A_DATE,
            {"ended": datetime(2020, 1, 3, 7, 15, tzinfo=UTC)},
        ),
        (
            {"ende": "", "stand am": "09.01.2020 10:00"},
            Rule.CLOSED_WITHOUT_TIME,
            {"ended": datetime(2020, 1, 9, 9, tzinfo=UTC)},
        ),
        ({"stand": "offen"}, Rule.CLOSED_BUT_OPEN, {"ended": None, "state": "open"}),
        ({"beginn": "02.01.2020 10:00"}, Rule.RESPONDED_BEFORE_OPENED, {"responded": None}),
        ({"beginn": "09.01.2020 10:00"}, Rule.RESPONDED_AFTER_CLOSED, {"responded": None}),
        (
            {"beginn": "03.01.2020"},
            Rule.RESPONDED_ON_A_DATE,
            {"responded": datetime(2020, 1, 3, 7, 15, tzinfo=UTC)},
        ),
        (
            {"eingang": "29.03.2020 02:30", "ende": "30.03.2020 10:00"},
            Rule.GAP,
            {"opened": datetime(2020, 3, 29, 1, 30, tzinfo=UTC)},
        ),
        (
            {"eingang": "25.10.2020 02:30", "ende": "30.10.2020 10:00"},
            Rule.FOLD,
            {"opened": datetime(2020, 10, 25, 0, 30, tzinfo=UTC)},
        ),
        ({"breite": "", "bezirk": "mitte"}, Rule.AREA_ALONE, {"area_id": "mitte", "place": None}),
        ({"breite": "", "länge": ""}, Rule.NO_PLACE, {"area_id": "city", "inside": False}),
        ({"breite": "48.1"}, Rule.OUTSIDE, {"area_id": "city", "inside": False}),
        ({"bezirk": "Nowhere"}, Rule.UNKNOWN_AREA, {"area_id": "city", "inside": True}),
        ({"weg": "Rauchzeichen"}, Rule.UNKNOWN_CHANNEL, {"channel": 11}),
        ({"ort": "x" * 501}, Rule.TOO_LONG, {"address": "x" * 499 + "…"}),
        ({"ort": "Stra\ufffde"}, Rule.UNREADABLE_BYTES, {"address": "Stra\ufffde"}),
    ],
)
def test_what_can_be_repaired_is_repaired_by_its_rule(
    changed: Mapping[str, str], rule: Rule, then: Mapping[str, object]
) -> None:
    found = request(changed)

    assert found.rules == (rule,)
    assert {name: getattr(found, name) for name in then} == then

    refusing = read(changed, f"{MAP}rows: {{{rule.value}: refuse}}\n")
    assert isinstance(refusing, Left)
    assert refusing.rule is rule


@pytest.mark.parametrize(
    ("changed", "rule", "column"),
    [
        ({"nr": ""}, Rule.INCOMPLETE, "nr"),
        ({"nr": "9" * 65}, Rule.BAD_NUMBER, "nr"),
        ({"art": ""}, Rule.INCOMPLETE, "art"),
        ({"art": "UFO"}, Rule.UNKNOWN_AFFAIR, "art"),
        ({"eingang": "2020-01-03"}, Rule.BAD_TIME, "eingang"),
        ({"eingang": "31.02.2020 10:00"}, Rule.BAD_TIME, "eingang"),
        ({"ende": "bald"}, Rule.BAD_TIME, "ende"),
        ({"ende": "03.01.2031 10:00"}, Rule.FUTURE, "ende"),
        ({"ende": "02.01.2020 10:00"}, Rule.CLOSED_BEFORE_OPENED, "ende"),
        ({"stand": "verloren"}, Rule.UNKNOWN_STATE, "stand"),
        ({"amt": "Bauamt"}, Rule.UNKNOWN_OWNER, "amt"),
        ({"breite": "95"}, Rule.BAD_COORDINATES, "breite"),
        ({"breite": "nan"}, Rule.BAD_COORDINATES, "breite"),
        ({"breite": "0", "länge": "0"}, Rule.BAD_COORDINATES, "breite"),
        ({"eingang": "03.01.2018 10:00"}, Rule.BEFORE_IN_FORCE, "eingang"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_row_and_column(
    changed: Mapping[str, str], rule: Rule, column: str
) -> None:
    found = read(changed)

    assert isinstance(found, Left)
    assert (found.line, found.rule, found.column, found.action) == (2, rule, column, Action.REFUSE)


def test_a_map_may_choose_to_skip_and_to_repair() -> None:
    skipping = f"{MAP}rows: {{unknown_affair: skip, closed_before_opened: repair, before_in_force: repair}}\n"

    skipped = read({"art": "UFO"}, skipping)

    assert isinstance(skipped, Left)
    assert skipped.action is Action.SKIP
    assert request({"ende": "02.01.2020 10:00"}, skipping).ended == request({}, skipping).opened
    assert not request({"eingang": "03.01.2018 10:00"}, skipping).unowned  # the file names who has it


def test_without_an_owner_the_list_must_name_one() -> None:
    nobody = ground({"tree": "Baumschaden"}, ask=lambda _affair, _area, _at: None)
    by_list = MAP.replace("by: column, values: {G: Gartenamt}", "by: responsibility")

    left = read({}, by_list, nobody)

    assert isinstance(left, Left)
    assert left.rule is Rule.NOBODY_RESPONSIBLE
    assert request({}, f"{by_list}rows: {{nobody_responsible: repair}}\n", nobody).unowned


def test_a_responsibility_of_the_area_alone_counts() -> None:
    here = ground({"tree": "Baumschaden"}, ask=lambda _, area, at: (SINCE, NOW) if area == "mitte" else None)

    assert here.owned("tree", ("city", "mitte"), datetime(2020, 1, 1, tzinfo=UTC)) is Owned.THEN
    assert here.owned("tree", ("city", ""), datetime(2020, 1, 1, tzinfo=UTC)) is Owned.NEVER


def test_an_area_may_be_called_as_it_was_on_the_day_of_the_opening() -> None:
    asked: list[datetime] = []

    def of_then(at: datetime) -> Words:
        asked.append(at)
        return Words([("mitte", ["Altstadt"]), ("west", ["West"])] if at.year < 2021 else [])

    there = ground({"tree": "Baumschaden"}, {"b-1": "Gartenamt"}, ask_areas=of_then)
    reading = Reading(parse_map(MAP), there, datetime(2022, 1, 1, tzinfo=UTC))
    nowhere = {
        **{name.casefold(): value for name, value in CLEAN.items()},
        "breite": "",
        "länge": "",
        "ende": "",
    }
    rows = [
        ("Altstadt", "2020 08:15"),
        ("West", "2020 23:15"),
        ("Mitte", "2020 09:00"),
        ("West", "2021 08:15"),
    ]

    found = [
        reading.read(Row(2, {**nowhere, "bezirk": area, "eingang": f"03.06.{opened}"}))
        for area, opened in rows
    ]

    assert [each.area_id for each in found if isinstance(each, Request)] == ["mitte", "west", "mitte", "city"]
    assert asked == [datetime(2020, 6, 3, tzinfo=UTC), datetime(2021, 6, 3, tzinfo=UTC)]
    assert reading.unknown == {(Rule.UNKNOWN_AREA, "'West'"): 1}


def test_a_pattern_of_areas_may_have_other_braces() -> None:
    by = MAP.replace("place: {without: City}", 'place: {without: City, pattern: "{nc}-{}"}')
    there = ground({"tree": "Baumschaden"}, {"b-1": "Gartenamt"}, {"city": "City", "{nc}-7": "Nord"})

    found = request({"breite": "", "länge": "", "bezirk": "7"}, by, there)

    assert found.area_id == "{nc}-7"


LAYOUTS = {
    "month first, 12 hours": (["%m/%d/%Y %I:%M:%S %p"], "01/03/2020 02:05:00 PM"),
    "12 hours as people write them": (["%m/%d/%Y %I:%M %p"], "1/3/2020  2:05 p.m."),
    "Chinese": (["%Y年%m月%d日 %p%I:%M"], "2020年01月03日 下午2:05"),
    "full width": (["%Y-%m-%d %H:%M"], "２０２０-０１-０３ １４:０５"),
    "serial of Excel": (["excel"], "43833.586805555555"),
    "serial with a comma": (["excel"], "43833,586805555555"),
    "seconds": (["epoch_seconds"], "1578056700"),
    "milliseconds": (["epoch_milliseconds"], "1578056700000"),
    "milliseconds by a spreadsheet": (["epoch_milliseconds"], "1.5780567E+12"),
    "with an offset": (["iso"], "2020-01-03T21:05:00+08:00"),
    "in UTC": (["iso"], "2020-01-03T13:05:00Z"),
    "UTC in words": (["%Y-%m-%d %H:%M:%S%z"], "2020-01-03 13:05:00 UTC"),
    "one of several": (["%d.%m.%y", "iso"], "2020-01-03 14:05"),
}


@pytest.mark.capability("004.13")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_times_are_read_in_many_layouts(layout: str) -> None:
    formats, written = LAYOUTS[layout]
    by = MAP.replace('formats: ["%d.%m.%Y %H:%M", "%d.%m.%Y"]', f"formats: {formats}")

    found = request({"eingang": written, "ende": "", "stand": "offen"}, by)

    assert found.opened == datetime(2020, 1, 3, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles"])
@pytest.mark.parametrize(
    "written", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_the_ends_of_the_calendar_are_no_times(zone: str, written: str) -> None:
    by = MAP.replace('["%d.%m.%Y %H:%M", "%d.%m.%Y"]', "[iso]").replace("Europe/Berlin", zone)

    found = read({"eingang": written}, by)

    assert isinstance(found, Left)
    assert (found.rule, found.detail) == (Rule.BAD_TIME, f"'{written}' lies outside of the years 2 to 9998")


def check(tmp_path: Path, lines: str, by: str = MAP, on: Ground = GROUND) -> Checked:
    path = tmp_path / "requests.csv"
    path.write_bytes(lines.encode("cp1252"))
    return checking.check(path, parse_map(by), on)


FILE = """\
Art;Stand;EINGANG;Nr;Beginn;Ende;Stand am;Amt;Weg;Breite;Länge;Bezirk;Ort;anonym
Licht;offen;01.02.2020 10:00;1;;;;;Telefon;52.53;13.35;;Straße 1;
Licht;offen;02.02.2020 10:00;2;;;;;Telefon;;;;Straße 2;
Licht;offen;03.02.2020 10:00;2;;;;;Telefon;;;;Straße 2;
Licht;offen;04.02.2020 10:00;3;;;;Bauamt;Telefon;;;;Straße 2;
Licht;offen
Licht;erledigt;04.02.2020 10:00;4;;05.02.2020;;Lichtamt;;52.53;13.35;;Straße 2;
"""


@pytest.mark.capability("004.13")
def test_a_check_counts_by_rule_and_says_row_and_column(tmp_path: Path) -> None:
    checked = check(tmp_path, FILE)

    assert (checked.rows, checked.requests, checked.refused, checked.without_area) == (6, 3, 3, 1)
    assert [(left.line, left.column, left.rule) for left in checked.problems] == [
        (4, "nr", Rule.TWICE),
        (5, "amt", Rule.UNKNOWN_OWNER),
        (6, "", Rule.BROKEN_LINE),
    ]
    assert checked.rules[Rule.CLOSED_ON_A_DATE, Action.REPAIR] == 1
    assert checked.unknown == {(Rule.UNKNOWN_OWNER, "'Bauamt'"): 1}
    assert checked.states == Counter(open=2, closed=1)
    assert checked.first == datetime(2020, 2, 1, 9, tzinfo=UTC)


def test_all_unknown_words_of_a_row_are_told_at_once(tmp_path: Path) -> None:
    lines = f"{FILE.splitlines()[0]}\nUFO;verloren;01.02.2020 10:00;1;;;;Bauamt;Fax;;;Nirgends;Straße 1;\n"

    checked = check(tmp_path, lines)

    assert checked.unknown == {
        (Rule.UNKNOWN_AFFAIR, "'UFO'"): 1,
        (Rule.UNKNOWN_STATE, "'verloren'"): 1,
        (Rule.UNKNOWN_AREA, "'Nirgends'"): 1,
        (Rule.UNKNOWN_OWNER, "'Bauamt'"): 1,
        (Rule.UNKNOWN_CHANNEL, "'Fax'"): 1,
    }
    assert "    (the platform knows: baumschaden, gone, lamp, laterne, telefonzelle, tree)" in list(
        account.of_check(checked, parse_map(MAP), GROUND)
    )


@pytest.mark.capability("004.13")
def test_an_outcome_that_an_affair_does_not_have_is_found_before_anything_is_loaded(tmp_path: Path) -> None:
    by = MAP.replace("outcomes: {affairs: {Baumschaden: removed}}\n", "")

    left = read({}, by)

    assert isinstance(left, Left)
    assert (left.rule, left.detail) == (Rule.UNKNOWN_OUTCOME, "tree: resolved (it has removed)")
    assert request({}).outcome == "removed"
    assert request({"stand": "offen", "ende": ""}, by).outcome == ""


def test_a_retired_affair_takes_what_was_opened_before(tmp_path: Path) -> None:
    booth = {"art": "Telefonzelle", "ende": "02.07.2020"}

    late = read({**booth, "eingang": "02.06.2020 10:00"})

    assert request({**booth, "eingang": "31.05.2020 10:00"}).affair_id == "gone"
    assert isinstance(late, Left)
    assert late.rule is Rule.RETIRED_AFFAIR


def test_every_word_of_the_map_that_names_nothing_is_a_mistake_of_the_map(tmp_path: Path) -> None:
    wrong = MAP.replace("Licht: lamp", "Licht: lamb").replace("G: Gartenamt", "G: Gartenamd")
    wrong = wrong.replace("Baumschaden: removed", "Baumschaden: removd, Wald: removed")

    with pytest.raises(FileWrong) as said:
        check(tmp_path, FILE, wrong)

    told = str(said.value).replace(" on the platform, by id or name", "").splitlines()
    assert told == [
        "affairs.values.Licht: there is no affair 'lamb'; did you mean 'lamp'?",
        "owners.values.G: there is no body 'Gartenamd'; did you mean 'gartenamt'?",
        "outcomes.affairs.Wald: there is no affair 'Wald'",
        "outcomes.affairs.Baumschaden: this affair has no outcome 'removd': it has removed",
    ]


def test_coordinates_in_the_wrong_columns_are_noticed(tmp_path: Path) -> None:
    checked = check(tmp_path, FILE.replace("52.53;13.35", "13.35;52.53"))

    said = " ".join("\n".join(account.of_check(checked, parse_map(MAP), GROUND)).split())
    assert "outside: would lie inside if latitude and longitude were swapped (2)" in said


def test_a_file_of_another_time_is_refused_as_a_whole(tmp_path: Path) -> None:
    checked = check(tmp_path, FILE.replace(".2020", ".2018"))

    assert checking.verdict(checked, parse_map(MAP)) == "no row is left that can be loaded"
    most = checked.rules.most_common(1)
    assert most[0][0] == (Rule.BEFORE_IN_FORCE, Action.REFUSE)


def test_too_many_refused_rows_refuse_the_file(tmp_path: Path) -> None:
    strict = parse_map(f"{MAP}most_refused: 49.9\n")

    assert "50.0%" in checking.verdict(check(tmp_path, FILE), strict)
    assert checking.verdict(check(tmp_path, FILE), parse_map(MAP)) == ""


def test_a_column_that_is_not_there_is_said_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(FileWrong, match=r"no column 'eingang' \(columns.opened of the map\).*'eingangs'"):
        check(tmp_path, FILE.replace("EINGANG", "Eingangs"))


def test_an_area_that_is_not_there_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(
        FileWrong, match="there is no area 'Cty' on the platform, by id or name; did you mean 'city'"
    ):
        check(tmp_path, FILE, MAP.replace("without: City", "without: Cty"))


def test_a_workbook_with_real_dates_needs_no_format(tmp_path: Path) -> None:
    path = tmp_path / "requests.xlsx"
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Nr", "Art", "Eingang"])
    book.worksheets[0].append([1, "Licht", datetime(2020, 2, 1, 10, 0)])  # noqa: DTZ001 -- as in a sheet
    book.save(path)
    by: Map = parse_map(
        "system: q\nname: Q\nzone: Europe/Berlin\ncolumns: {id: nr, affair: ART, opened: eingang}\n"
        "affairs: {values: {licht: lamp}}\nplace: {without: city}\ndates: {formats: ['%d.%m.%Y']}\n"
    )

    checked = checking.check(path, by, GROUND)

    assert checked.first == datetime(2020, 2, 1, 9, tzinfo=UTC)
