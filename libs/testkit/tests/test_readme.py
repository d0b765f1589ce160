"""The README check finds what a table lacks and what it invents."""

from pathlib import Path

from linli.feed.v1 import feed_service_pb2

from libs.testkit.readme import differences, published_events, rpcs, tables

README = """
# bakery
| rpc | what it does |
|---|---|
| `BakeBread` | bakes |
| `SellBread` | sells |

Some words.

| view | question |
|:---|---:|
| open_orders | what is to be baked |
"""


def _readme(folder: Path) -> Path:
    path = folder / "README.md"
    path.write_text(README)
    return path


def test_the_first_column_of_each_table_is_read(tmp_path: Path) -> None:
    assert tables(_readme(tmp_path)) == {"rpc": ["BakeBread", "SellBread"], "view": ["open_orders"]}


def test_a_table_that_matches_is_fine(tmp_path: Path) -> None:
    expected = {"rpc": {"BakeBread", "SellBread"}, "view": {"open_orders"}, "reacts to": set()}

    assert differences(_readme(tmp_path), expected) == []


def test_what_lacks_and_what_is_invented_is_told(tmp_path: Path) -> None:
    path = _readme(tmp_path)

    told = differences(path, {"rpc": {"BakeBread", "EatBread"}})

    assert told == [
        f"{path}: the table `rpc` lacks EatBread",
        f"{path}: the table `rpc` has SellBread, the code has not",
    ]


def test_names_come_from_the_stubs() -> None:
    assert rpcs(feed_service_pb2) == {"ReadEvents", "FollowEvents"}
    assert "Event" not in published_events(feed_service_pb2)  # it is part of Batch
