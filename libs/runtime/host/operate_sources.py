"""What an operator does about the sources that a service has heard: list them, forget one."""

from libs.messaging import sources
from libs.messaging.translate import source_name
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.operate import Environ, opened_ledger
from libs.runtime.host.parts import Service
from libs.runtime.host.terminal import say

_MOMENT = "%Y-%m-%d %H:%M:%S %Z"


def list_sources(service: Service, environ: Environ) -> int:
    """One line for each source, for each type that is not where the others are, and for each decision."""
    with opened_ledger(service, environ) as ledger:
        known, decisions = sources.known(ledger), sources.decisions(ledger)
    if not known:
        say("nothing was heard of any source")
    for each in known:
        about = f"incarnation {each.at.history.incarnation}, {each.parked:,} parked"
        say(f"{each.source}  handled up to {each.at.checkpoint:,} ({about})")
        for kind, position in each.own.items():
            say(f"    {kind}  up to {position:,}")
    for one in decisions:
        what = "forgotten" if one.act == "forget" else f"went on after {one.position:,}"
        say(f"{one.decided_at:{_MOMENT}}  {one.source}: {what}, by {one.decided_by}: {one.reason}")
    return 0


def forget_source(service: Service, source: str, environ: Environ, *, reason: str) -> int:
    """Give up a source that nobody here reads any more."""
    cell = read(Settings, environ).cell
    reads = [source_name(cell, upstream) for upstream in service.subscriptions]
    with opened_ledger(service, environ) as ledger:
        before = sources.forget(ledger, source, reads, by="command line", reason=reason)
    say(f"{service.name} has forgotten {source}, which was handled up to {before.at.checkpoint:,}")
    say(f"{before.parked:,} parked events of it are discarded; what was recorded because of it stays")
    return 0
