"""What is asked before an act, and where a secret goes after it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import complain, say
from services.command import passwords
from services.command.admin.act import Act
from services.command.admin.inputs import PASSWORD, Input, has, put
from services.command.admin.words import WORDS

_ASKED = "(asked for)"
"""Stands for what is asked for in a request that is only shown."""


def fill_in(
    act: Act, inputs: list[Input], request: dict[str, Any], password: Path | None, *, only_shown: bool
) -> None:
    """Ask for a person's data and for passwords that the request lacks. Raises `CannotStart`."""
    for one in inputs:
        if has(request, one.path) or (one.path not in act.asks and one.path != PASSWORD):
            continue
        if only_shown:
            if one.required:
                put(request, one.path, _ASKED)
            continue
        value = passwords.given(password, twice=True) if one.path == PASSWORD else _asked(one)
        if value:
            put(request, one.path, value)


def agreed(act: Act, where: str, words: tuple[str, ...], *, yes: bool, again: str | None) -> bool:
    """Whether the caller wants what follows. Raises `CannotStart` where nobody can be asked."""
    if not act.follows:
        return True
    if not yes:
        complain(f"{act.summary.capitalize()}, at {where}: {' '.join(words)}\n{act.follows}")
        if not sys.stdin.isatty():
            raise CannotStart(
                "nobody can be asked here, and nothing was done: say --yes"
                + (f" and --again {words[0]}" if act.twice else "")
            )
        if not click.confirm("Go on?", err=True):
            return False
    if not act.twice:
        return True
    if again is None:
        if not sys.stdin.isatty():
            raise CannotStart(f"say it a second time, with --again {words[0]}: nothing was done")
        again = str(click.prompt(f"It cannot be undone. Type {words[0]} again", err=True, default=""))
    if again != words[0]:
        raise CannotStart(f"{again!r} is not {words[0]}: nothing was done")
    return True


@dataclass(slots=True)
class Keeper:
    """Takes the secret of an answer to where it belongs."""

    file: TextIO | None
    kept: bool = False

    def keep(self, secret: str, path: Path | None) -> None:
        """Write it into the new file, or show it on the terminal; it is nowhere else."""
        if not secret:
            complain("this request was answered before: the secret was in the first answer only. Change it")
            return
        if self.file is None:
            say(f"secret  {secret}\nIt is not shown again.")
            self.kept = True
            return
        try:
            self.file.write(f"{secret}\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as error:
            raise CannotStart(
                f"the secret could not be kept in {path} ({error.strerror}): change it"
            ) from None
        self.kept = True
        complain(f"the secret is in {path}, which only you can read")


@contextmanager
def keeper(act: Act, path: Path | None, *, as_json: bool) -> Iterator[Keeper]:
    """What keeps the secret of an act: made before the act, for a secret comes once. Raises `CannotStart`."""
    if not act.secret or path is None:
        if act.secret and (as_json or not sys.stdout.isatty()):
            raise CannotStart(
                "the answer has a secret that is shown once: name a new file for it with --secret-file FILE"
            )
        yield Keeper(None)
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"{path} cannot be made: {error.strerror}. Name a new file") from None
    made = Keeper(os.fdopen(handle, "w", encoding="utf-8"))
    try:
        yield made
    finally:
        if made.file is not None:
            made.file.close()
        if not made.kept:
            path.unlink(missing_ok=True)


def _asked(one: Input) -> str:
    """A value that is typed. Raises `CannotStart` for one that is needed where nobody types."""
    if sys.stdin.isatty():
        about = WORDS[one.path][0].upper() + WORDS[one.path][1:]
        return str(click.prompt(about, default=None if one.required else "", show_default=False, err=True))
    if one.required:
        raise CannotStart(f"{one.path} is missing: give it in a file, with --fields @FILE or --fields -")
    return ""
