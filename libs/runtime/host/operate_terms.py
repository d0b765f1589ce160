"""What an operator does once blind terms were lost or altered: compare them with the ledger, rebuild them."""

from libs.ledger.streams.reblind import Reblinding
from libs.runtime.host.operate import MOST_TOLD, Environ, opened_ledger, sound
from libs.runtime.host.parts import Service
from libs.runtime.host.terminal import say


def rebuild_terms(service: Service, environ: Environ, *, compare: bool = False) -> int:
    """Bring the blind terms to what the ledger says, or only list what differs."""
    with opened_ledger(service, environ) as ledger:
        if sound(service, ledger.settings.dsn) is None:
            return 1
        reblinding = Reblinding(ledger)
        found = reblinding.differences() if compare else reblinding.put_right()
    for difference in found[:MOST_TOLD]:
        say(str(difference))
    if not found:
        say(f"{service.name}: blind terms and ledger agree")
        return 0
    say(f"{service.name}: blind terms that {'differ' if compare else 'were put right'}: {len(found):,}")
    return 1 if compare else 0
