"""A map is read from YAML; each mistake is said with its line and column."""

import jsonschema
import pytest
import yaml

from services.command.imports.command import SHIPPED
from services.command.imports.map_file import MapWrong, parse_map, read_map
from services.command.imports.mapping import schema
from services.command.imports.rules import Action, Rule

SMALL = """\
system: quarry
name: Quarry
zone: Europe/Berlin
columns: {id: Nr, affair: Art, opened: Eingang}
place: {without: city}
"""


def test_a_small_map_has_the_usual_for_all_that_it_does_not_say() -> None:
    made = parse_map(SMALL)

    assert made.dates.formats == ["iso"]
    assert made.owners.by == "responsibility"
    assert made.action(Rule.TWICE) is Action.REFUSE
    assert made.action(Rule.GAP) is Action.REPAIR


def test_words_stay_words() -> None:
    made = parse_map(f"{SMALL}states: {{values: {{no: open, 01: closed, 2020-01-01: closed, yes: open}}}}\n")

    assert list(made.states.values) == ["no", "01", "2020-01-01", "yes"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("zone: Europe/Berlin|zone: Europe/Bern", "map:3:7: zone: there is no time zone Europe/Bern"),
        ("name: Quarry|name: [Quarry]", "map:2:7: name: Expected `str`, got `array`"),
        ("name: Quarry|system: other", "map:2:1: system stands twice"),
        ("id: Nr, |", "map:4:10: columns: Object missing required field `id`"),
        ("id: Nr|id: Nr, colour: Farbe", "map:4:10: columns: Object contains unknown field `colour`"),
        ("id: Nr|id: Nr, latitude: Lat", "map:4:10: columns: latitude and longitude go together"),
        ("id: Nr|id: Nr, state: Stand", "states: say what the values of the column mean"),
        ("}\nplace|}\nowners: {by: column}\nplace", "map:5:14: owners.by: needs columns.owner"),
        ("}\nplace|}\nrows: {twice: repair}\nplace", "map:5:15: rows.twice: cannot be repaired"),
        ("}\nplace|}\nrows: {thrice: skip}\nplace", "map:5:16: rows.thrice: there is no such rule"),
        ("}\nplace|}\nchannels: {otherwise: fax}\nplace", "map:5:23: channels.otherwise: is none of web"),
        ("}\nplace|}\ndates: {formats: [dmy]}\nplace", "map:5:19: dates.formats.0: is neither a pattern"),
        ("}\nplace|}\ndates: {formats: ['%d %Z']}\nplace", "map:5:19: dates.formats.0: %Z reads no zone"),
        ("}\nplace|}\nfile: {heading: 0}\nplace", "map:5:17: file.heading: Expected `int` >= 1"),
        ("}\nplace|}\nfile: {encoding: ebcdic-9}\nplace", "file.encoding: there is no encoding ebcdic-9"),
        ("without: city|without: city, pattern: la", "place.pattern: must have {} once"),
        ("system: quarry|system: Quarry North", "map:1:9: system: Expected `str` matching regex"),
        ("{without: city}|{without: city", "map:6:1: "),
    ],
)
def test_a_mistake_is_said_with_its_line_and_column(changed: str, said: str) -> None:
    before, _, after = changed.partition("|")

    with pytest.raises(MapWrong) as wrong:
        parse_map(SMALL.replace(before, after))

    assert said in str(wrong.value)


def test_an_empty_map_says_how_to_get_one() -> None:
    with pytest.raises(MapWrong, match="linli import map FILE"):
        parse_map("")


@pytest.mark.parametrize("name", ["los-angeles", "boston"])
def test_the_maps_that_come_with_linli_fit_the_model_and_the_schema(name: str) -> None:
    path = SHIPPED / f"{name}.yaml"

    assert read_map(path).name == name.replace("-", " ").title()
    jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), schema())
