"""Paths of areas: what lies within what."""

import pytest

from libs.rules.areas import NOWHERE, below, id_of, ids_of, parent_of, path_of, within


def test_a_path_is_built_and_taken_apart() -> None:
    path = below(below(below("", "la"), "central"), "nc-12")

    assert path == path_of(["la", "central", "nc-12"]) == "la/central/nc-12"
    assert id_of(path) == "nc-12"
    assert ids_of(path) == ("la", "central", "nc-12")
    assert parent_of(path) == "la/central"


def test_there_is_nothing_above_a_root() -> None:
    assert parent_of("la") == NOWHERE
    assert ids_of(NOWHERE) == ()


@pytest.mark.parametrize(
    ("path", "above", "inside"),
    [
        ("la/central", "la", True),
        ("la", "la", True),
        ("la", "la/central", False),
        ("lagos", "la", False),
        ("la-paz/central", "la", False),
        ("la", "", True),
        ("", "la", False),
        (None, "la", False),
        (None, "", True),
    ],
)
def test_an_area_lies_within_those_on_its_path(path: str | None, above: str, inside: bool) -> None:
    assert within(path, above) is inside
