"""`linli login` and `linli logout`: who calls which installation."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from msgspec import structs

from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import say
from services.command import kept_tokens, passwords, profiles
from services.command.profiles import Profile

_HELP = """\
\b
The first login says where the installation is, and makes a profile of it:
  linli login --at linli.example.org:7400 --ca ca.crt --login li.wei
  linli login --profile trial --at 127.0.0.1:7400 --login li.wei
  linli login --change-password          asks for the password of now, and twice for the new one

Without TLS, only an installation on this machine is called. The password is asked for, or read from
--password-file or standard input. The token is kept in the system's keyring if the Python library
`keyring` is installed and finds one that works, else in a file that only you can read.
"""
_KEYRING, _FILE = "keyring", "file"


def place_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say where an installation is; `placed` reads them."""
    file = click.Path(path_type=Path, dir_okay=False)
    for option in reversed(
        (
            click.option(
                "--at",
                multiple=True,
                metavar="HOST:PORT",
                help="where it serves gRPC; or SERVICE=HOST:PORT, for each service",
            ),
            click.option("--tls", is_flag=True, help="use TLS, with the authorities that this system trusts"),
            click.option(
                "--ca", type=file, metavar="FILE", help="use TLS, with these CA certificates (PEM file)"
            ),
            click.option(
                "--cert", type=file, metavar="FILE", help="client certificate, if it requires one (PEM file)"
            ),
            click.option("--key", type=file, metavar="FILE", help="its private key (PEM file)"),
        )
    ):
        command = option(command)
    return command


@click.command(epilog=_HELP)
@click.option(
    "--profile",
    metavar="NAME",
    help=f"the profile to log in with [the one in use, else {profiles.FIRST}]",
    shell_complete=profiles.complete,
)
@place_options
@click.option("--login", metavar="NAME", help="the name to log in with [that of last time, else asked for]")
@passwords.password_file_option
@click.option("--change-password", is_flag=True, help="give yourself a new password, and log in with it")
@click.option(
    "--new-password-file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="a file with the new password; - is standard input [it is asked for]",
)
@click.option(
    "--second-factor",
    default="",
    metavar="DIGITS",
    help="what your authenticator app shows, or a recovery code [asked for, if you have one]",
)
@click.option(
    "--keep-in",
    type=click.Choice([_KEYRING, _FILE]),
    help="where the token is kept [the system's keyring, if there is one that works]",
)
def login(
    profile: str | None,
    login: str | None,
    password_file: Path | None,
    change_password: bool,
    new_password_file: Path | None,
    keep_in: str | None,
    second_factor: str,
    **place: Any,
) -> int:
    """Log in to an installation: other commands then call it in your name."""
    if new_password_file is not None and not change_password:
        raise click.UsageError("--new-password-file goes with --change-password")
    name = profiles.chosen(profile) or profiles.FIRST
    of = placed(name, profiles.load().profiles.get(name), **place)
    keyring = keep_in == _KEYRING or (keep_in is None and kept_tokens.keyring_works())
    who = login or of.login or _asked_name()
    of = structs.replace(of, login=who, keyring=keyring)
    password = passwords.given(password_file)
    new = passwords.given(new_password_file, twice=True, asked="New password") if change_password else ""
    from services.command.logging_in import log_in  # only here: it loads a client

    return log_in(name, of, password, new, second_factor)


@click.command()
@click.option(
    "--profile",
    metavar="NAME",
    help="the profile to log out of [the one in use]",
    shell_complete=profiles.complete,
)
def logout(profile: str | None) -> int:
    """Delete the token of a profile from this machine. The profile stays.

    The token itself counts until it expires. If somebody else may have it, let an operator end all your
    sessions: `linli admin session revoke`.
    """
    name = profiles.chosen(profile)
    if not name:
        raise CannotStart("no profile is in use: name one with --profile")
    there = kept_tokens.forget(name, profiles.load().named(name))
    say(f"logged out of profile {name}" if there else f"nobody was logged in with profile {name}")
    return 0


def placed(
    name: str,
    known: Profile | None,
    *,
    at: tuple[str, ...],
    tls: bool,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    move: bool = False,
) -> Profile:
    """The profile with what the options say; only `move` gives a known one another address.

    Raises `CannotStart`.
    """
    if not at and known is None:
        raise CannotStart(
            f"profile {name} is new: say where the installation is, with --at HOST:PORT (and --ca FILE or"
            " --tls)"
        )
    address = profiles.addresses(at) if at else known.address if known is not None else ""
    if known is not None and known.address != address and not move:
        raise CannotStart(
            f"profile {name} is that of {known.written()}: name another with --profile, or move this one with"
            f" `linli profile set {name} --at {' --at '.join(at)}`"
        )
    files = {"ca": ca, "cert": cert, "key": key}
    given = {field: str(path.expanduser().resolve()) for field, path in files.items() if path is not None}
    of = structs.replace(known or Profile(address=address), address=address, **given)
    if tls and ca is None:
        of = structs.replace(of, ca="")
    of = structs.replace(of, tls=tls or ca is not None or of.tls)
    profiles.refuse_plain(of)
    return of


def _asked_name() -> str:
    if not sys.stdin.isatty():
        raise CannotStart("say who logs in, with --login NAME")
    return str(click.prompt("Login", err=True))
