"""The order of a run names files that are there."""

from pathlib import Path

from e2e.order import ORDER

ROOT = Path(__file__).parents[2]


def test_every_file_that_is_named_is_there_and_named_once() -> None:
    assert [path for path in ORDER.paths if not (ROOT / path).is_file()] == []
    assert len(set(ORDER.paths)) == len(ORDER.paths)
