"""`linli topology`: what Linli keeps in RabbitMQ."""

import click

from libs.messaging import topology as broker
from libs.runtime.host.terminal import say
from services.command.registry import NAMES, load


@click.command()
def topology() -> int:
    """Print exchanges and queues with their bindings, in Markdown."""
    say(broker.page({name: sorted(load(name).subscriptions) for name in NAMES}).rstrip())
    return 0
