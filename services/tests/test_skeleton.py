"""One grammar: every service has the same files, with the same things in them, in the same order."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.command.registry import NAMES

ROOT = Path(__file__).parents[1]
POLICIES: dict[str, set[str]] = {
    "identity": {
        "code_wording",
        "fact_kinds",
        "letter_wording",
        "membership",
        "reading_back",
        "units",
        "wording",
    },
    "catalog": {"details", "standard", "terms", "working_time"},
    "cases": {"answering", "attached", "clocks", "escalation", "explaining", "likeness", "suggesting"},
    "volunteers": {"matching"},
    "supervision": {"metrics"},
}
"""Pure rules of a domain that are no stream of events of their own, and have a name of their own."""

ALWAYS = {
    "README.md",
    "__init__.py",
    "settings.py",
    "wiring.py",
    "domain/__init__.py",
    "domain/values.py",
    "domain/refusals.py",
    "application/__init__.py",
    "application/app.py",
    "application/ports.py",
    "adapters/__init__.py",
    "adapters/ledger.py",
    "adapters/publishing.py",
    "adapters/views/__init__.py",
    "entrypoints/__init__.py",
    "entrypoints/chinese.py",
}
WHERE_NEIGHBOURS_ARE_HEARD = {"domain/noted.py", "entrypoints/reactions.py"}
SECTIONS = ["Events", "Situations", "Evolve", "Commands", "Decide"]
NOUN_IN_A_FOLDER = {"__init__", "events", "situations", "commands", "decide"}
ADAPTERS = {
    "identity": {
        "claimed",
        "disputed_strips",
        "figures",
        "hashing",
        "joining_events",
        "letter_files",
        "locating",
        "maps",
        "published_keys",
        "revoked",
        "signing",
        "source_keys",
        "right_events",
        "delegation_events",
        "staff_events",
        "staff_reads",
        "training_reads",
    },
    "catalog": {"official_days"},
    "cases": {"case_rows", "figures", "finding", "learned", "listing", "months", "nearby", "picture"},
    "volunteers": {"matching"},
    "supervision": {"case_rows", "scoreboard", "upstream"},
}
"""What a service reaches besides PostgreSQL, or by a library of its own."""


def modules(service: str, room: str) -> dict[str, Path]:
    """By name: the modules of a room, and its folders."""
    folder = ROOT / service / room
    found = {path.stem: path for path in folder.glob("*.py")}
    return found | {path.name: path for path in folder.iterdir() if (path / "__init__.py").exists()}


def nouns(service: str) -> set[str]:
    """What the service keeps streams of."""
    plain = {name for name in modules(service, "domain") if not name.endswith("_refusals")}
    return plain - {"__init__", "values", "refusals", "noted"} - POLICIES[service]


def names_in(path: Path) -> list[str]:
    """What a module defines at its top level, in order."""
    return [name for node in ast.parse(path.read_text()).body for name in _defined(node)]


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield name
        case _:
            pass


def bases_of(path: Path) -> dict[str, list[str]]:
    """The classes of a module with the names of what they inherit from."""
    classes = (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef))
    return {each.name: [ast.unparse(base) for base in each.bases] for each in classes}


@pytest.mark.parametrize("service", NAMES)
def test_a_service_has_the_files_that_every_service_has(service: str) -> None:
    heard = WHERE_NEIGHBOURS_ARE_HEARD if (ROOT / service / "entrypoints/reactions.py").exists() else set()
    there = {str(path.relative_to(ROOT / service)) for path in (ROOT / service).rglob("*") if path.is_file()}

    assert sorted((ALWAYS | heard) - there) == []
    assert {path.name for path in (ROOT / service).iterdir()} - {"__pycache__"} == {
        *("README.md", "__init__.py", "settings.py", "wiring.py"),
        *("domain", "application", "adapters", "entrypoints", "tests"),
    }


@pytest.mark.parametrize("service", NAMES)
def test_a_noun_of_the_domain_is_read_top_to_bottom(service: str) -> None:
    for noun in sorted(nouns(service)):
        path = modules(service, "domain")[noun]
        if path.is_dir():
            files = {each.stem: each.read_text() for each in path.glob("*.py")}
            imports = re.findall(rf"\.{noun}(?:\.(\w+))? import (.*)", "".join(files.values()))
            asked = {name for module, names in imports for name in (module, *names.split(", "))}
            assert NOUN_IN_A_FOLDER <= set(files) <= NOUN_IN_A_FOLDER | asked, noun
            path = path / "decide.py"
        else:
            titles = re.findall(r"^# (\w+)$", path.read_text(), re.MULTILINE)
            assert titles == SECTIONS, noun

        assert names_in(path)[-1] == noun.upper(), f"{noun} does not end with its decider"


@pytest.mark.parametrize("service", NAMES)
def test_the_wire_is_shared_out_by_noun(service: str) -> None:
    others = {"__init__", "chinese", "machine", "reactions", "wire"}  # machine: `linli <service> …`
    faces = set(modules(service, "entrypoints")) - others

    assert faces <= set(modules(service, "application"))
    for face in sorted(faces):
        name = "".join(word.capitalize() for word in face.split("_")) + "Api"
        assert name in names_in(modules(service, "entrypoints")[face])


@pytest.mark.parametrize("service", NAMES)
def test_the_adapters_are_ledger_publishing_and_views(service: str) -> None:
    known = {"__init__", "ledger", "publishing", "views"} | ADAPTERS.get(service, set())

    assert set(modules(service, "adapters")) == known


@pytest.mark.parametrize("service", NAMES)
def test_a_view_is_one_file_in_one_order(service: str) -> None:
    for question, path in sorted(modules(service, "adapters/views").items()):
        if question == "__init__":
            continue
        bases, names = bases_of(path), names_in(path)
        [view] = [name for name, inherited in bases.items() if inherited == ["View"]]
        rows = [name for name, inherited in bases.items() if inherited == ["TypedDict"]]
        reads = [name for name in names if name.endswith("Reads")]

        assert "VIEW" in names, question
        expected = [*rows, view, "VIEW", *reads]
        assert [name for name in names if name in expected] == expected, question


@pytest.mark.parametrize("service", NAMES)
def test_wiring_builds_the_service_in_the_same_steps(service: str) -> None:
    names = names_in(ROOT / service / "wiring.py")

    assert [name for name in names if name in {"build", "_app", "_api", "SERVICE"}] == [
        *("build", "_app", "_api", "SERVICE")
    ]


LONG = {"domain": 300, "application": 250, "adapters": 250, "entrypoints": 250}


@pytest.mark.parametrize("service", NAMES)
def test_a_file_is_read_in_one_sitting(service: str) -> None:
    too_long = {
        str(path.relative_to(ROOT)): lines
        for room, most in LONG.items()
        for path in (ROOT / service / room).rglob("*.py")
        if "tests" not in path.parts and (lines := len(path.read_text().splitlines())) > most
    }

    assert too_long == {}
