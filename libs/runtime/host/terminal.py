"""Words for the person at the terminal. Light: commands that start in an instant stand on it."""

import codecs
import io
import shlex
import shutil
import sys
from pathlib import Path
from typing import TextIO

_ESCAPED = "linli.escaped"
_BAR = 30

INTERRUPTED = 130
"""The exit status of a program that Ctrl-C ended."""


def say(text: str) -> None:
    """A line for the person at the terminal (logs go to stderr)."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """A line that says what went wrong and what to do."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Bar:
    """How far long work is: one line that fills up on a terminal, a line now and then elsewhere."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._drawn = False

    def show(self, done: int, total: int, about: str) -> None:
        """`done` of `total`, and what else there is to say."""
        share = min(1.0, done / total) if total else 1.0
        if not sys.stdout.isatty():
            say(f"{self._label}: {done:,} of {total:,} ({share:.0%}), {about}")
            return
        full = round(share * _BAR)
        sys.stdout.write(f"\r{self._label} [{'#' * full}{'.' * (_BAR - full)}] {share:4.0%}  {about}\x1b[K")
        sys.stdout.flush()
        self._drawn = True

    def end(self) -> None:
        """Begin a new line after the bar."""
        if self._drawn:
            say("")
            self._drawn = False


def lossless(stream: TextIO) -> None:
    r"""Let a stream write what its encoding lacks as an escape (`\u6797`) instead of failing.

    Bytes of file names that are no text go out as they are.
    """
    codecs.register_error(_ESCAPED, _escape)
    if isinstance(stream, io.TextIOWrapper) and stream.errors in {"strict", "surrogateescape"}:
        stream.reconfigure(errors=_ESCAPED)


def _escape(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return b"".join(map(_escaped, lacking)), error.end


def _escaped(character: str) -> bytes:
    """A character as an escape; or the byte of a file name that Python has put into it."""
    hidden = "\udc80" <= character <= "\udcff"
    return character.encode("ascii", "surrogateescape" if hidden else "backslashreplace")


def as_called() -> str:
    """The `linli` command as the person at the terminal called it, to be typed again."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":  # python -m services.command
        module = getattr(sys.modules["__main__"], "__spec__", None)
        name = module.name.removesuffix(".__main__") if module is not None else "services.command"
        return f"{typed(Path(sys.executable))} -m {name}"
    found = shutil.which(program.name)
    on_path = found is not None and program.exists() and Path(found).samefile(program)
    return program.name if on_path else typed(program)


def in_their_words(text: str) -> str:
    """A message with its commands as they can be typed here: `linli …` may not be on the path."""
    return text.replace("`linli ", f"`{as_called()} ")


def near(path: Path) -> Path:
    """A path as one would write it from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def typed(path: Path) -> str:
    """The same as one would type it, in quotes where the shell needs them."""
    return shlex.quote(str(near(path)))
