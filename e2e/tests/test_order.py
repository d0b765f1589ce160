"""The order of a run names files that are there."""

import re
from pathlib import Path

from e2e.order import ORDER

ROOT = Path(__file__).parents[2]


def test_every_file_that_is_named_is_there_and_named_once() -> None:
    assert [path for path in ORDER.paths if not (ROOT / path).is_file()] == []
    assert len(set(ORDER.paths)) == len(ORDER.paths)


def test_journeys_in_the_town_share_its_process() -> None:
    asks = re.compile(r"^(?:def test_|@pytest\.fixture\b.*\n *def )\w+\([^)]*\btown: Town\b", re.MULTILINE)
    written = {path: path.read_text("utf-8") for path in (ROOT / "e2e/journeys").glob("test_*.py")}

    of_the_town = [
        path.relative_to(ROOT).as_posix()
        for path, text in written.items()
        if asks.search(text) and "def town(" not in text
    ]

    assert len(of_the_town) > 8
    assert len({ORDER.leader(path) for path in of_the_town}) == 1
