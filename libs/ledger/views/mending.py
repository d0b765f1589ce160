"""Views that lack events: an older release's projector passed over types that only this release knows."""

from collections.abc import Sequence
from threading import Thread

import psycopg

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.rebuild import RebuildRefused, rebuild
from libs.ledger.views.view import View
from libs.telemetry import logs

log = logs.get("projector")


def mend(ledger: Ledger, view: View, types: Sequence[str]) -> None:
    """Build the view beside the live one, which goes on meanwhile, and switch; in a thread of its own."""
    log.info("builds a view again that lacks events", service=ledger.service, view=view.name, types=types)
    Thread(target=_mended, args=(ledger, view), name=f"mending-{view.name}", daemon=True).start()


def _mended(ledger: Ledger, view: View) -> None:
    """What fails is tried again by the next projector that takes the view: it still lacks them."""
    try:
        done = rebuild(ledger, view)
    except (RebuildRefused, LedgerUnavailable, psycopg.Error) as error:
        log.warning("a view lacks events still", service=ledger.service, view=view.name, error=str(error))
    else:
        log.info("a view lacks nothing any more", service=ledger.service, view=view.name, events=done.events)
