"""Consents for tests: as identity tells of them, and the door of every rpc to those who name one."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds

from libs.ledger.ids import new_id
from libs.rpc.methods import Method
from libs.rpc.moments import stamp
from libs.testkit.component import Component
from libs.testkit.rpc import answer_to

EVERY_PURPOSE = {name.removeprefix("CONSENT_PURPOSE_"): n for name, n in kinds.ConsentPurpose.items() if n}
"""By their words, as rpcs declare them."""
_CLOSED = {"CONSENT_NOT_VALID", "NOT_ON_BEHALF", "CONSENT_UNKNOWN", "SCOPE_MISSING", "ACCESS_NOT_CHECKED"}


def consented(running: Component, resident_id: str, helper_id: str, **differently: Any) -> str:
    """Identity tells the service of a new consent for everything, for a day; its id."""
    consent_id = new_id()
    told: dict[str, Any] = {
        "resident_id": resident_id,
        "helper_id": helper_id,
        "purposes": EVERY_PURPOSE.values(),
        "home_area_path": "la",
        "until_time": stamp(datetime.now(UTC) + timedelta(days=1)),
    }
    running.hears("identity", identity.ConsentGiven(consent_id=consent_id, **told | differently))
    return consent_id


def deviations_by_consent(running: Component, methods: Iterable[Method]) -> list[tuple[str, str, str]]:
    """Call every rpc by a consent for each purpose; what is let in or kept out against its declaration.

    Requests are empty: whether somebody is let in is decided before a request is looked at.
    """
    token = running.mint.person("GRID_WORKER", subject="helper")
    methods, found = [*methods], []
    for word, purpose in EVERY_PURPOSE.items():
        client = running.client(token, consented(running, "resident", "helper", purposes=[purpose]))
        for method in methods:
            failed = answer_to(client, method, b"")
            told = failed.reason if failed is not None and failed.reason in _CLOSED else "let in"
            declared = "CONSENT_NOT_VALID" if method.on_behalf else "NOT_ON_BEHALF"
            if told != ("let in" if method.on_behalf == word else declared):
                found.append((word, method.name, told))
    return found
