"""`linli call` and `linli token`. Light: their help and completion load no client."""

from typing import Any

import click

from services.command import rpcs
from services.command.connection_options import connection_options

_CALL_HELP = """\
\b
REQUEST is JSON [{}]; @FILE reads it from a file, - from standard input.
For instance:
  linli call cases.ListCases '{"filter": "state = ROUTED", "page_size": 3}'
  linli call identity.DefineArea @area.json

It is called in the name of the profile in use (`linli login`), else of the first operator of the data
folder. LINLI_TOKEN calls with another token.
"""


@click.command()
@connection_options
def token(**options: Any) -> int:
    """Print a token of the first operator of a data folder, on which a platform runs.

    The token of a profile is never printed.
    """
    from services.command.call import print_token

    return print_token(options)


def _complete(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in rpcs.names() if name.startswith(incomplete)]


@click.command(epilog=_CALL_HELP)
@connection_options
@click.argument("rpc", metavar="SERVICE.RPC", shell_complete=_complete)
@click.argument("request", default="{}")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    metavar="SECONDS",
    help="how long to wait for the answer [10]; a stream is followed without end",
)
@click.option(
    "--consent", metavar="ID", help="act in the name of the resident who gave this consent, as their helper"
)
@click.option("--delegation", metavar="ID", help="act in the place of the body that gave this delegation")
def call(
    rpc: str,
    request: str,
    timeout: float | None,
    consent: str | None,
    delegation: str | None,
    **options: Any,
) -> int:
    """Call an rpc of a running platform; print its answer, or each answer of a stream, as JSON."""
    from libs.rpc.methods import standing_in
    from services.command.call import call_rpc

    return call_rpc(rpc, request, timeout, standing_in(consent, delegation), options)
