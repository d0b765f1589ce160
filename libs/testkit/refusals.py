"""Finds every "no" that a piece of the code can say, by reading the code."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

_SAYING = {"Refusal": 1, "refused": 1, "_passing": 0, "_unauthenticated": 0}
"""What says no, and which of its arguments is the code, where that is no `reason=`."""
_FAILURE = "Failure"
_NAMES = (*_SAYING, _FAILURE)


@cache
def codes_in(folder: Path) -> Mapping[str, set[str]]:
    """By code, the facts that come along with it; tests left out."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        if "tests" not in path.relative_to(folder).parts:
            text = path.read_text()
            if not any(name in text for name in _NAMES):
                continue  # to parse takes a hundred times as long
            for code, facts in _said(ast.parse(text)):
                found.setdefault(code, set()).update(facts)
    return found


def _said(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (code := _code(node)):
            yield code, {keyword.arg or "**" for keyword in node.keywords}


def _code(call: ast.Call) -> str:
    reasons = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _SAYING and len(call.args) > _SAYING[name]:
        said: ast.expr = call.args[_SAYING[name]]
    elif name == _FAILURE and reasons:
        said = reasons[0]
    else:
        return ""
    return said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
