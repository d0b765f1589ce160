"""What is done at the machine, by `linli identity …`. Texts take the normal forms of the wire."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from libs.rpc import text
from libs.runtime.host.parts import ByHand
from services.identity.application.app import App
from services.identity.application.letters import Bundle
from services.identity.application.notice_ports import OpenDelivery
from services.identity.application.operators import NewOperator
from services.identity.domain.dispatch import Dispatch
from services.identity.domain.webhook import Webhook

Words = Mapping[str, str]
Clock = Callable[[], datetime]
_MOST_LISTED = 1000


class Files(Protocol):
    """Where letters are written."""

    def write(self, bundle: Bundle) -> None:
        """Write a batch and its list."""

    def file(self, batch: str) -> Path:
        """The PDF of a batch."""


def acts(app: App, clock: Clock) -> Mapping[str, ByHand]:
    """By name: all but the printing of letters, which needs a place."""
    return {**_of_operators(app, clock), **_of_notices(app, clock)}


def _of_operators(app: App, clock: Clock) -> Mapping[str, ByHand]:
    def first_operator(words: Words) -> str:
        new = NewOperator(
            name=text.line(words["name"]),
            staff_number=text.key(words["staff_number"]),
            login_name=text.username(words["login"]),
            password=text.password(words["password"]),
        )
        return f"made {app.machine.make_first_operator(new, clock())} the first operator"

    def set_password(words: Words) -> str:
        name, password = text.username(words["login"]), text.password(words["password"])
        app.machine.set_password(name, password, clock())
        return "replaced the password, and ended the sessions"

    def remove_second_factor(words: Words) -> str:
        app.machine.remove_second_factor(text.username(words["login"]), clock())
        return "the second factor is asked for no more; the sessions ended"

    def approve_nomination(words: Words) -> str:
        nomination_id, reason = text.identifier(words["nomination"]), text.free_text(words["reason"])
        app.machine.approve_nomination(nomination_id, reason, clock())
        return "approved the nomination, and granted the role"

    return {
        "first-operator": first_operator,
        "approve-nomination": approve_nomination,
        "set-password": set_password,
        "remove-second-factor": remove_second_factor,
    }


def _of_notices(app: App, clock: Clock) -> Mapping[str, ByHand]:
    def waiting(_words: Words) -> str:
        told = _told(app.deliveries.open(_MOST_LISTED, parked=False))
        return (told or "everything that was sent has arrived") + _gathering(app)

    def parked(_words: Words) -> str:
        return _told(app.deliveries.open(_MOST_LISTED, parked=True)) or "no delivery is parked"

    def replay(words: Words) -> str:
        delivery_id = text.identifier(words["delivery"])
        app.deliveries.replay(delivery_id, clock())
        return f"delivery {delivery_id} is tried again"

    return {
        "notices-list": waiting,
        "notices-parked": parked,
        "notices-replay": replay,
        "webhooks": lambda _words: _hooks(app.webhooks.all()) or "there are no webhooks",
    }


def print_letters(app: App, clock: Clock, files: Files, words: Words) -> str:
    """Print what waits, or a batch again."""
    bundle: Bundle | None
    if again := words["again"]:
        bundle = app.letters.print_again(text.identifier(again), clock(), files.write)
    else:
        area = text.identifier(words["area"]) if words["area"] else ""
        bundle = app.letters.print(area, clock(), files.write)
    if bundle is None:
        return "no letter waits" + _gathering(app)
    return _printed(bundle, files.file(bundle.batch)) + _gathering(app)


def _gathering(app: App) -> str:
    """What no list shows yet: whoever prints or looks now and goes home would miss it."""
    if not (persons := app.deliveries.gathering()):
        return ""
    return (
        f"\nnotices to {persons} person{'s' if persons != 1 else ''} are not ready yet: they are gathered for"
        " five minutes, and wait while quiet hours last; run this again then"
    )


def _printed(bundle: Bundle, file: Path) -> str:
    count = len(bundle.written)
    said = f"batch {bundle.batch}: {count} letter{'s' if count != 1 else ''}"
    if bundle.written:
        said += f" in {file}"
    if bundle.left_out:
        said += f", {len(bundle.left_out)} not written (see the list)"
    if bundle.resumed:
        said += "; an earlier run began it and never finished: run again for what came since"
    return said


def _told(found: Sequence[OpenDelivery]) -> str:
    """One line for each delivery: no address, and nothing that was to be said."""
    lines = (
        f"{each.delivery_id}  {each.resident_id}  {each.count} notices of {each.prepared_at:%Y-%m-%d %H:%M}"
        f"  {_times(each.tries)}  {'parked' if each.parked else f'next {each.try_at:%Y-%m-%d %H:%M}'}"
        f"  {each.channel} {each.reason}".rstrip()
        for each in found
    )
    return "\n".join(lines)


def _hooks(found: Sequence[tuple[Webhook, Dispatch]]) -> str:
    """One line for each webhook: no URL, and no secret."""
    return "\n".join(
        f"{each.webhook_id}  client {each.client_id}  since {each.registered_at:%Y-%m-%d %H:%M}"
        f"  {len(told.parked)} parked"
        + (
            f"  failing since {told.failed.failed_at:%Y-%m-%d %H:%M}: {told.failed.reason}"
            if told.failed
            else ""
        )
        for each, told in found
    )


def _times(tries: int) -> str:
    return "1 try" if tries == 1 else f"{tries} tries"
