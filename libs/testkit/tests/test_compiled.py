"""The processes of a run compile a fresh checkout together."""

import importlib.util
import sys
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

from libs.testkit.compiled import compile_all, share

FILES = [Path(f"room/{name}.py") for name in ("test_a", "b", "test_c", "d", "conftest")]


@pytest.fixture(autouse=True)
def bytecode_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_every_file_is_in_one_share() -> None:
    shares = [share(FILES, number, 3) for number in range(3)]

    assert sorted(file for each in shares for file in each) == sorted(FILES)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_what_pytest_imports_is_compiled_as_pytest_does(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    test, plain, wrong = (tmp_path / name for name in ("test_it.py", "plain.py", "test_wrong.py"))
    test.write_text("def test_it() -> None:\n    assert 1 + 1 == 2\n")
    plain.write_text("ANSWER = 42\n")
    wrong.write_text("def test_wrong(\n")

    compile_all(request.config, [test, plain, wrong])

    code = rewrite._read_pyc(test, rewrite.get_cache_dir(test) / f"test_it{rewrite.PYC_TAIL}")
    assert code is not None
    assert "@pytest_ar" in code.co_names
    assert Path(importlib.util.cache_from_source(str(plain))).exists()


def test_a_changed_test_is_compiled_anew(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    test = tmp_path / "test_it.py"
    test.write_text("FIRST = 1\n")
    compile_all(request.config, [test])
    test.write_text("SECOND = 1\n")

    compile_all(request.config, [test])

    code = rewrite._read_pyc(test, rewrite.get_cache_dir(test) / f"test_it{rewrite.PYC_TAIL}")
    assert code is not None
    assert "SECOND" in code.co_names
