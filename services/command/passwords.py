"""Passwords: typed, or read from a file or standard input; never a word of the command line."""

import sys
from pathlib import Path

import click

from libs.runtime.config.guards import CannotStart

HELP = "a file with the password; - is standard input [it is asked for]"

password_file_option = click.option(
    "--password-file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help=HELP,
)


def given(file: Path | None, *, twice: bool = False, asked: str = "Password") -> str:
    """The password; `twice`: a new one, which is typed twice. Raises `CannotStart` if there is none."""
    if file is None and sys.stdin.isatty():
        return str(click.prompt(asked, hide_input=True, confirmation_prompt=twice, err=True))
    try:
        read = sys.stdin.readline() if file is None or str(file) == "-" else file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"the password cannot be read from {file}: {error}") from None
    if not (found := read.rstrip("\r\n")):
        raise CannotStart("no password was given: it is asked for, or read from --password-file FILE or -")
    return found
