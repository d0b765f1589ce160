"""The options that name a platform. Light: help and completion load no client."""

from collections.abc import Callable
from pathlib import Path

import click

from services.command import profiles
from services.command.options import DATA, Port


def connection_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options that name a platform; `connection` reads them."""
    file = click.Path(path_type=Path)
    for option in reversed(
        (
            click.option(
                "--data",
                type=file,
                metavar="DIR",
                help=f"data folder of the platform or cluster [that of the profile in use, else {DATA}]",
            ),
            click.option(
                "--profile",
                metavar="NAME",
                help="profile of an installation, see `linli login` [LINLI_PROFILE, else the current one]",
                shell_complete=profiles.complete,
            ),
            click.option("--port", type=Port(), metavar="N", help="its gRPC port [from the data folder]"),
            click.option(
                "--ca",
                type=file,
                metavar="FILE",
                help="CA certificates for that port, if it uses TLS (PEM file)",
            ),
            click.option(
                "--cert",
                type=file,
                metavar="FILE",
                help="client certificate, if the port requires one (PEM file)",
            ),
            click.option("--key", type=file, metavar="FILE", help="its private key (PEM file)"),
        )
    ):
        command = option(command)
    return command
