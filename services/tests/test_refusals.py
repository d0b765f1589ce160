"""The texts of refusals read alike: each stands behind a colon."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _said(file: Path) -> Iterator[tuple[int, str]]:
    """The texts of the refusals in a file, each with its line; what is filled in is an ellipsis."""
    for call in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or len(call.args) < 3:
            continue
        match call.func.id, call.args[2]:
            case "Refusal", ast.Constant(value=str(text)):
                yield call.lineno, text
            case "Refusal", ast.JoinedStr(values=parts):
                yield (
                    call.lineno,
                    "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in parts),
                )
            case _:
                pass


@pytest.mark.parametrize("room", ["libs", "services"])
def test_a_refusal_begins_small_and_ends_without_a_full_stop(room: str) -> None:
    said = [
        (f"{file.relative_to(ROOT)}:{line}", text)
        for file in (ROOT / room).rglob("*.py")
        if not {"tests", "contracts"} & set(file.parts)
        for line, text in _said(file)
    ]

    assert [each for each in said if each[1][:1].isupper() or each[1].endswith(".")] == []
    assert len(said) > 10
