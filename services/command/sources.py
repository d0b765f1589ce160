"""`linli <service> sources …`: the neighbours that a service has heard, and what if one is gone for ever."""

from pathlib import Path

import click

from libs.runtime.host import operate_sources
from services.command.acts import Environ, Get, data_option, on


def list_sources(get: Get) -> click.Command:
    """The command that lists what a service has heard."""

    @click.command("list")
    @data_option
    def list_sources(data: Path | None) -> int:
        """List the sources with how far they are handled, what is parked, and what operators decided."""
        service = get()
        return on(service, data, lambda environ: operate_sources.list_sources(service, environ))

    return list_sources


def reconcile(get: Get) -> click.Command:
    """The command by which an operator lets a service go on after a source has lost events."""

    @click.command()
    @click.argument("source")
    @click.argument("position", type=click.IntRange(min=0))
    @click.option("--go-on", is_flag=True, help="handle what the source has recorded after POSITION")
    @click.option(
        "--reason",
        default="",
        metavar="TEXT",
        help="why, for the record; needed with --go-on; no personal data",
    )
    @data_option
    def reconcile(source: str, position: int, go_on: bool, reason: str, data: Path | None) -> int:
        """Show what this service recorded because of SOURCE after POSITION; with --go-on, go on from there.

        SOURCE (linli://demo/cases) was restored from a backup, or lost events at a failover. POSITION is
        the last one that both histories have: where the log says that its new incarnation began.
        """
        if go_on and not reason.strip():
            raise click.UsageError("say why with --reason: the decision is recorded")
        service = get()

        def act(environ: Environ) -> int:
            return operate_sources.reconcile_source(
                service, source, position, environ, go_on=go_on, reason=reason
            )

        return on(service, data, act)

    return reconcile


def forget(get: Get) -> click.Command:
    """The command that gives a source up."""

    @click.command("forget")
    @click.argument("source", metavar="SOURCE")
    @click.option("--reason", required=True, metavar="TEXT", help="why, for the record; no personal data")
    @data_option
    def forget(source: str, reason: str, data: Path | None) -> int:
        """Give up SOURCE (linli://old-cell/cases) for good: its positions and parked events.

        What was recorded because of its events stays. To read a source again, use `sources reconcile`.
        """
        service = get()
        return on(
            service,
            data,
            lambda environ: operate_sources.forget_source(service, source, environ, reason=reason),
        )

    return forget
