"""What only whoever is at the machine may do in identity: operators, passwords, parked notices."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from libs.runtime.config.guards import CannotStart
from libs.runtime.host import operate
from libs.runtime.host.parts import Service
from services.command.acts import data_option, on

Get = Callable[[], Service]

_EXISTS = "FIRST_OPERATOR_EXISTS"
_SHORTEST = 10
_LONGEST = 128
_login = click.option("--login", required=True, metavar="NAME", help="the name to log in with")


def first_operator(get: Get) -> click.Command:
    """The command that makes the first operator."""

    @click.command("first-operator")
    @click.option("--name", required=True, metavar="NAME", help="the person's name")
    @click.option("--staff-number", required=True, metavar="NUMBER", help="number in the staff register")
    @_login
    @click.option("--unless-made", is_flag=True, help="end with status 0 if there is a first operator")
    @data_option
    def first_operator(name: str, staff_number: str, login: str, unless_made: bool, data: Path | None) -> int:
        """Make a person the first operator of this installation. It works once.

        The password (10 to 128 characters) is asked for, or read from standard input.
        """
        service = get()
        words = {"name": name, "staff_number": staff_number, "login": login, "password": _password()}
        make = partial(
            operate.by_hand, service, "first-operator", words, settled=_EXISTS if unless_made else ""
        )
        return on(service, data, make)

    return first_operator


def approve_nomination(get: Get) -> click.Command:
    """The command that stands in for the second person."""

    @click.command("approve-nomination")
    @click.argument("nomination", metavar="ID")
    @click.option("--reason", required=True, metavar="TEXT", help="why, for the record")
    @data_option
    def approve_nomination(nomination: str, reason: str, data: Path | None) -> int:
        """Approve a nomination while the installation has one operator only.

        With several operators it is refused: one of them approves by ApproveNomination.
        """
        service = get()
        words = {"nomination": nomination, "reason": reason}
        return on(
            service, data, lambda environ: operate.by_hand(service, "approve-nomination", words, environ)
        )

    return approve_nomination


def set_password(get: Get) -> click.Command:
    """The command that replaces a password."""

    @click.command("set-password")
    @_login
    @data_option
    def set_password(login: str, data: Path | None) -> int:
        """Replace the password of an operator who has forgotten it, and end their sessions.

        The password (10 to 128 characters) is asked for, or read from standard input.
        """
        service = get()
        words = {"login": login, "password": _password()}
        return on(service, data, lambda environ: operate.by_hand(service, "set-password", words, environ))

    return set_password


def remove_second_factor(get: Get) -> click.Command:
    """The command that takes a lost second factor away."""

    @click.command("remove-second-factor")
    @_login
    @data_option
    def remove_second_factor(login: str, data: Path | None) -> int:
        """Ask an operator who has lost their second factor for it no more, and end their sessions.

        Where there are others, let two of them do it: `linli admin person propose-factor-reset`.
        """
        service = get()
        words = {"login": login}
        return on(
            service, data, lambda environ: operate.by_hand(service, "remove-second-factor", words, environ)
        )

    return remove_second_factor


def _password() -> str:
    """What is typed twice, or a line of standard input; never a word of the command line."""
    if sys.stdin.isatty():
        given = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        given = sys.stdin.readline().rstrip("\n")
    if not _SHORTEST <= len(given) <= _LONGEST:
        raise CannotStart(f"give a password of {_SHORTEST} to {_LONGEST} characters, on standard input")
    return given


def list_notices(get: Get) -> click.Command:
    """The command that lists deliveries."""
    return _listed(
        get, "list", "notices-list", "List the deliveries that have not arrived, the oldest first."
    )


def list_parked_notices(get: Get) -> click.Command:
    """The command that lists parked deliveries."""
    return _listed(get, "parked", "notices-parked", "List the parked deliveries, and why each was given up.")


def list_webhooks(get: Get) -> click.Command:
    """The command that lists webhooks."""
    return _listed(get, "webhooks", "webhooks", "List the webhooks of clients, and which endpoints fail.")


def replay_notices(get: Get) -> click.Command:
    """The command that has a parked delivery tried again."""

    @click.command("replay")
    @click.argument("delivery", metavar="ID")
    @data_option
    def replay(delivery: str, data: Path | None) -> int:
        """Have a parked delivery tried again, by every channel that its person wants now."""
        service, words = get(), {"delivery": delivery}
        return on(service, data, lambda environ: operate.by_hand(service, "notices-replay", words, environ))

    return replay


def print_letters(get: Get) -> click.Command:
    """The command that prints letters."""

    @click.command("letters")
    @click.option("--out", required=True, metavar="FOLDER|FILE.pdf", help="where the PDF and its list go")
    @click.option("--area", default="", metavar="ID", help="only to people who live within this area")
    @click.option("--again", default="", metavar="BATCH", help="print a batch once more")
    @data_option
    def letters(out: str, area: str, again: str, data: Path | None) -> int:
        """Print the notices that wait for a letter: a PDF, and a list of its letters.

        A batch that a run began and never finished is printed first. At most 1,000 letters are in one batch.
        """
        if area and again:
            raise click.UsageError("--again prints a whole batch: leave --area out")
        service, words = get(), {"out": str(Path(out).absolute()), "area": area, "again": again}
        return on(service, data, lambda environ: operate.by_hand(service, "notices-letters", words, environ))

    return letters


def _listed(get: Get, name: str, act: str, summary: str) -> click.Command:
    @click.command(name, help=summary)
    @data_option
    def listed(data: Path | None) -> int:
        service = get()
        return on(service, data, lambda environ: operate.by_hand(service, act, {}, environ))

    return listed
