"""What an operator does once claims were lost or altered: compare them with the ledger, rebuild them."""

from libs.ledger.streams.reclaim import Reclaiming, TwoHolders
from libs.runtime.host.operate import MOST_TOLD, Environ, opened_ledger, say_differences, sound
from libs.runtime.host.parts import Service
from libs.runtime.host.terminal import say


def rebuild_claims(service: Service, environ: Environ, *, compare: bool = False) -> int:
    """Bring the claims to what the ledger says, or only list what differs. Refuses to make two holders."""
    with opened_ledger(service, environ) as ledger:
        if sound(service, ledger.settings.dsn) is None:  # nobody gets a claim by a forged event
            return 1
        reclaiming = Reclaiming(ledger)
        try:
            found = reclaiming.differences() if compare else reclaiming.put_right()
        except TwoHolders as doubles:
            for double in doubles.doubles[:MOST_TOLD]:
                say(double)
            say(f"{service.name}: {doubles}, and nothing was changed")
            say("What to do: OPERATING.md, section Rebuild claims")
            return 1
    return say_differences(service, "claims", found, compare=compare)
