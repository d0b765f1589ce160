"""In a fresh checkout, the processes of a run compile its modules together, and not each of them all.

Each process of pytest-xdist imports every test, and pytest rewrites the assertions of a test module before
it compiles it. All at the same time, each would do for itself what another is just doing.
"""

import compileall
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def share(files: Iterable[Path], number: int, of: int) -> list[Path]:
    """The files that process `number` compiles: every one is in one share."""
    return sorted(files)[number::of]


def compile_all(config: pytest.Config, files: Iterable[Path]) -> None:
    """Compile what is not compiled yet; a file that cannot be is left to whoever imports it."""
    if sys.dont_write_bytecode:
        return
    for file in files:
        with suppress(SyntaxError, OSError):
            if _is_rewritten(file):
                _rewrite(config, file)
            else:
                compileall.compile_file(file, quiet=2)


def _is_rewritten(file: Path) -> bool:
    """Whether pytest compiles it in a way of its own."""
    return file.name == "conftest.py" or file.match("test_*.py")


def _rewrite(config: pytest.Config, file: Path) -> None:
    """What pytest's import hook does before it runs a test module, which it offers nobody else."""
    folder = rewrite.get_cache_dir(file)
    compiled = folder / (file.stem + rewrite.PYC_TAIL)
    if compiled.exists() and compiled.stat().st_mtime > file.stat().st_mtime:
        return
    if rewrite.try_makedirs(folder):
        source, code = rewrite._rewrite_test(file, config)  # noqa: SLF001
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source, compiled)  # noqa: SLF001
