"""`linli <service> await-schema`: what a pod runs before its role, beside the job that migrates."""

import os
from collections.abc import Callable

import click

from libs.runtime.host.awaited import await_schema as wait
from libs.runtime.host.parts import Service
from libs.runtime.host.shell import in_a_sentence


def await_schema(get: Callable[[], Service]) -> click.Command:
    """The command that waits for `migrate`."""

    @click.command("await-schema")
    @click.option(
        "--within",
        type=click.FloatRange(min=0),
        default=300.0,
        metavar="SECONDS",
        help="give up, with status 1, after so long [300]",
    )
    def await_schema(within: float) -> int:
        """Wait until the database answers and has a schema that this release can run on."""
        service = get()
        return in_a_sentence(service, lambda: wait(service, os.environ, within))

    return await_schema
