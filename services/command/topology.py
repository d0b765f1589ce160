"""`linli topology`: what Linli keeps in RabbitMQ."""

import click

from libs.messaging import topology as broker
from libs.runtime.host.terminal import say
from services.command.registry import NAMES, load


@click.command()
@click.option(
    "--permissions",
    "vhost",
    metavar="VHOST",
    help="print instead the commands that give each service's user its rights in a virtual host",
)
def topology(vhost: str | None) -> int:
    """Print exchanges and queues with their bindings and permissions, in Markdown."""
    reads = subscriptions()
    say("\n".join(broker.commands(vhost, reads)) if vhost else broker.page(reads).rstrip())
    return 0


def subscriptions() -> dict[str, list[str]]:
    """By service, the neighbours whose events it reads."""
    return {name: sorted(load(name).subscriptions) for name in NAMES}
