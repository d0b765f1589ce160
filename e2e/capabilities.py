"""What Linli must be able to do, and the tests that show it: `make capabilities` prints the table."""

import contextlib
import io
import sys
import textwrap
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("capabilities.toml")
MARKER = "capability"
_WIDTH = 110

Capabilities = Mapping[str, Mapping[str, str]]
"""By part of Linli: each code with its sentence."""


def capabilities() -> Capabilities:
    """All of them."""
    return tomllib.loads(FILE.read_text("utf-8"))


def codes(known: Capabilities) -> set[str]:
    """The codes that a test may be marked with."""
    return {code for part in known.values() for code in part}


def shown_by(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """The tests that are marked with each code; one that has parameters counts once."""
    shown: dict[str, list[str]] = defaultdict(list)
    for item in items:
        test = item.nodeid.partition("[")[0]
        for marker in item.iter_markers(MARKER):
            for code in marker.args:
                if test not in shown[code]:
                    shown[code].append(test)
    return dict(shown)


def refuse_unknown(items: Iterable[pytest.Item]) -> None:
    """A code that nobody knows is a slip: say where."""
    shown = shown_by(items)
    known = codes(capabilities()) if shown else set()
    if slips := [f"{test} is marked {code}" for code in sorted(shown.keys() - known) for test in shown[code]]:
        raise pytest.UsageError(f"no such capability in {FILE.name}: {'; '.join(slips)}")


def table(known: Capabilities, shown: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Each code with its sentence and its tests; at the end the codes that no test shows."""
    for part, sentences in known.items():
        yield f"\n{part}"
        for code, sentence in sentences.items():
            yield from textwrap.wrap(
                f"{code:<8}{sentence}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 10
            )
            yield from (f"{' ' * 10}- {test}" for test in shown.get(code, ()))
    missing = [code for part in known.values() for code in part if code not in shown]
    yield f"\n{len(codes(known)) - len(missing)} of {len(codes(known))} are shown by a test."
    if missing:
        yield from textwrap.wrap(f"Nothing shows {', '.join(missing)}.", _WIDTH)


class _Collected:
    """Keeps what pytest finds."""

    items: Sequence[pytest.Item] = ()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def main() -> int:
    """Collect all tests, and print the table."""
    found, said = _Collected(), io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(["--collect-only", "-q"], plugins=[found])
    if status != pytest.ExitCode.OK:
        print(said.getvalue(), file=sys.stderr)
        return int(status)
    print("\n".join(table(capabilities(), shown_by(found.items))).strip())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
