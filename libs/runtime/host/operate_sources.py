"""What an operator does about the sources that a service has heard: list, reconcile and forget them."""

from libs.messaging import reconcile, sources
from libs.messaging.translate import source_name
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.operate import Environ, opened_ledger
from libs.runtime.host.parts import Service
from libs.runtime.host.terminal import say

_MOMENT = "%Y-%m-%d %H:%M:%S %Z"


def list_sources(service: Service, environ: Environ) -> int:
    """A line for each source, why it stands still, each type not where the others are, and each decision."""
    with opened_ledger(service, environ) as ledger:
        known, decisions = sources.known(ledger), sources.decisions(ledger)
    if not known:
        say("nothing was heard of any source")
    for each in known:
        about = f"incarnation {each.at.history.incarnation}, {each.parked:,} parked"
        say(f"{each.source}  handled up to {each.at.checkpoint:,} ({about})")
        if each.at.heard.changed:
            say(f"    stands still: {each.at.heard.changed}")
        for kind, position in each.own.items():
            say(f"    {kind}  up to {position:,}")
    for one in decisions:
        what = "forgotten" if one.act == "forget" else f"went on after {one.position:,}"
        say(f"{one.decided_at:{_MOMENT}}  {one.source}: {what}, by {one.decided_by}: {one.reason}")
    return 0


def reconcile_source(
    service: Service, source: str, position: int, environ: Environ, *, go_on: bool = False, reason: str = ""
) -> int:
    """Show what was taken of a source behind a position; with `go_on`, handle what it has there now."""
    with opened_ledger(service, environ) as ledger:
        taken = reconcile.taken_beyond(ledger, source, position)
        if go_on:
            reconcile.go_on(ledger, source, position, by="command line", reason=reason)
    stored = taken.stored
    say(f"{source} was handled up to {stored.checkpoint} (incarnation {stored.history.incarnation})")
    say(f"{service.name} recorded {taken.count.total():,} events because of its events after {position}")
    for name, count in sorted(taken.count.items()):
        say(f"{count:>8,}  {name}")
    for event in taken.first:
        say(f"  {event.metadata.origin}  {event.stream}  {event.name}  {event.recorded_at:{_MOMENT}}")
    if go_on:
        say(f"recorded: {service.name} goes on after position {position}; what it recorded before stays")
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
