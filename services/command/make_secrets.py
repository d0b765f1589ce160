"""`linli kubernetes make-secrets`: the first job of an installation by the Helm chart."""

import click

from libs.runtime.cluster.kubernetes import Api
from libs.runtime.cluster.made_secrets import make, plan_of
from libs.runtime.host.terminal import say


@click.command("make-secrets")
@click.argument("plan")
def make_secrets(plan: str) -> int:
    """Make the Secrets that PLAN (JSON, written by the chart) names and that do not exist.

    What exists is never changed. It needs a service account that may get and create Secrets and ConfigMaps.
    """
    for line in make(plan_of(plan), Api.inside()):
        say(line)
    return 0
