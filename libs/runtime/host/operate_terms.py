"""What an operator does once blind terms were lost or altered: compare them with the ledger, rebuild them."""

from libs.ledger.streams.reblind import Reblinding
from libs.runtime.host.operate import Environ, opened_ledger, say_differences, sound
from libs.runtime.host.parts import Service


def rebuild_terms(service: Service, environ: Environ, *, compare: bool = False) -> int:
    """Bring the blind terms to what the ledger says, or only list what differs."""
    with opened_ledger(service, environ) as ledger:
        if sound(service, ledger.settings.dsn) is None:
            return 1
        reblinding = Reblinding(ledger)
        found = reblinding.differences() if compare else reblinding.put_right()
    return say_differences(service, "blind terms", found, compare=compare)
