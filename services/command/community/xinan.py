"""The made-up buildings and households of Xinan; `python -m services.command.community.xinan` writes them.

Everything follows from one seed and the cells of the file. Nobody lives there: the numbers of documents say
so.
"""

import csv
import io
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from services.command.community.model import Area
from services.command.community.opening import HEAD, opened
from services.command.community.reading import read
from services.command.community.shipping import SHIPPED
from services.command.community.tree import Problems

FOLDER = SHIPPED / "xinan"
_SEED = "households of Xinan"
_BUILDINGS, _HOUSEHOLDS = 2, 5
"""Of each cell."""
_UNITS = [f"{stair}-{storey}0{door}" for stair in (1, 2) for storey in (1, 2, 3) for door in (1, 2)]
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = (*"伟芳娜敏静丽强磊军洋艳勇杰娟涛明超霞", "秀英", "桂兰")
_TENURES = ("owned", "owned", "owned", "rented", "public_rental", "with_relatives")


class _Person(NamedTuple):
    """A member; `facts` by kind."""

    relation: str
    age: int
    facts: dict[str, str]


def tables() -> Mapping[str, str]:
    """The tables by the names of their files."""
    chance = random.Random(_SEED)  # noqa: S311  # made-up people, always the same
    problems = Problems()
    root = opened(FOLDER / HEAD, problems)  # without the tables, which are what is written here
    if root is None:
        raise ValueError(f"{FOLDER / HEAD} cannot be read")
    names = {area.id: area for area in read(root, problems).community.areas}
    cells = [area for area in names.values() if area.level == "grid_cell"]
    buildings, households, number = [], [], 0
    for cell in cells:
        own = list(_buildings(cell, names[cell.parent].name.zh.removesuffix("社区"), chance))
        buildings += own
        dwellings = [(building[0], building[3], unit) for building in own for unit in _UNITS]
        for building_id, stands_from, unit in chance.sample(dwellings, _HOUSEHOLDS):
            row, number = _household(building_id, stands_from, unit, number, chance)
            households.append(row)
    return {
        "buildings.csv": _table(["id", "area", "address", "stands_from", "units"], buildings),
        "households.csv": _table(["building", "unit", "since", "members", "facts"], households),
    }


def _buildings(cell: Area, road: str, chance: random.Random) -> Iterator[list[str]]:
    """In a road named for the community; no two numbers are the same."""
    place = int(cell.id.rpartition("-")[2])
    for number in range(1, _BUILDINGS + 1):
        address = f"{road}路{20 * place + 2 * number}号{number}栋"
        since = f"{chance.randint(1986, 2016)}-{chance.randint(1, 12):02d}-01"
        yield [f"{cell.id}-{number}", cell.id, address, since, "; ".join(_UNITS)]


def _household(
    building_id: str, stands_from: str, unit: str, number: int, chance: random.Random
) -> tuple[list[str], int]:
    """A row, and the last number of a document that was given out."""
    family = chance.choice(_FAMILY)
    people = _people(chance)
    members = []
    for person in people:
        number += 1
        name = (chance.choice(_FAMILY) if person.relation == "partner" else family) + chance.choice(_GIVEN)
        said = f"national_id: MADE-UP-{number:04d}, name: {name}, relation: {person.relation}"
        members.append(f"{{{said}, facts: {_facts(person.facts)}}}")
    facts = {
        "rooms": str(chance.randint(1, 4)),
        "household_size": str(len(people)),
        "tenure": chance.choice(_TENURES),
        "household_languages": "zh",
    }
    year = chance.randint(max(2017, int(stands_from[:4]) + 1), 2025)
    since = f"{year}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    return [building_id, unit, since, f"[{', '.join(members)}]", _facts(facts)], number


def _people(chance: random.Random) -> list[_Person]:
    """One alone, a couple, or a family of two or three generations."""
    age = chance.randint(24, 88)
    first = _person("reference_person", age, chance)
    kind = chance.choice(["alone", "couple", "family", "family", "three"])
    if kind == "alone":
        return [first._replace(facts=first.facts | {"lives_alone": "yes"})]
    people = [first, _person("partner", max(22, age + chance.randint(-4, 4)), chance)]
    if kind in ("family", "three"):
        people += [
            _person("child", max(0, age - chance.randint(24, 34)), chance)
            for _ in range(chance.choice([1, 1, 2]))
        ]
    if kind == "three" and age < 60:  # whose parents may well live
        people.append(_person("parent", age + chance.randint(22, 30), chance))
    return people


def _person(relation: str, age: int, chance: random.Random) -> _Person:
    facts = {"employed": "yes" if 22 <= age < 60 and chance.random() < 0.85 else "no"}  # of age
    if age < 3:  # as the health service counts infants
        facts["infant"] = "yes"
    if age > 75 and chance.random() < 0.2:  # the very old, one in five
        facts["bedridden"] = "yes"
    return _Person(relation, age, facts)


def _facts(facts: Mapping[str, str]) -> str:
    return "[" + ", ".join(f"{{kind: {kind}, value: '{value}'}}" for kind, value in facts.items()) + "]"


def _table(columns: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def write(folder: Path = FOLDER) -> None:
    """Write the tables."""
    for name, text in tables().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
