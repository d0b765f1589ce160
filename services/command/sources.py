"""`linli <service> sources …`: the neighbours that a service has heard, and what if one is gone for ever."""

from pathlib import Path

import click

from libs.runtime.host import operate_sources
from services.command.acts import Get, data_option, on


def list_sources(get: Get) -> click.Command:
    """The command that lists what a service has heard."""

    @click.command("list")
    @data_option
    def list_sources(data: Path | None) -> int:
        """List the sources with how far they are handled, what is parked, and what operators decided."""
        service = get()
        return on(service, data, lambda environ: operate_sources.list_sources(service, environ))

    return list_sources


def forget(get: Get) -> click.Command:
    """The command that gives a source up."""

    @click.command("forget")
    @click.argument("source", metavar="SOURCE")
    @click.option("--reason", required=True, metavar="TEXT", help="why, for the record; no personal data")
    @data_option
    def forget(source: str, reason: str, data: Path | None) -> int:
        """Give up SOURCE (linli://old-cell/cases) for good: its positions and parked events.

        What was recorded because of its events stays. To read a source again, use `reconcile`.
        """
        service = get()
        return on(
            service,
            data,
            lambda environ: operate_sources.forget_source(service, source, environ, reason=reason),
        )

    return forget
