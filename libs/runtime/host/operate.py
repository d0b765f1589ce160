"""What an operator does by hand: verify, rebuild a view, rotate the master key, parked events."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import json_format

from libs.ledger.decider import Refusal
from libs.ledger.errors import SettingsRefused
from libs.ledger.privacy.bucket_table import BucketTable
from libs.ledger.privacy.key_store import open_datastore, open_store
from libs.ledger.privacy.mending import mend
from libs.ledger.store.ledger import Ledger
from libs.ledger.store.verify import Forged, Head, verify
from libs.ledger.streams.registry import Streams
from libs.ledger.views.rebuild import differences, rebuild
from libs.ledger.views.view import View
from libs.messaging.desk import ParkingDesk
from libs.messaging.effects import Effects
from libs.messaging.parked import ParkedEvent
from libs.messaging.schema import check_schema
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.opened import open_ledger, open_service
from libs.runtime.host.parts import Service
from libs.runtime.host.terminal import Bar, say

_MOMENT = "%Y-%m-%d %H:%M:%S %Z"
MOST_TOLD = 50
Environ = Mapping[str, str]


def verify_ledger(
    service: Service,
    environ: Environ,
    *,
    since: Path | None = None,
    save: Path | None = None,
    only_new: bool = False,
) -> int:
    """Check the ledger against its hashes and a saved head; save the head reached."""
    known = None if since is None else _saved(since)
    settings = read(Settings, environ)
    dsn = settings.database_url.reveal()
    check_schema(dsn, service.name)
    if (head := sound(service, dsn, known, only_new=only_new)) is None:
        return 1
    if save is not None:
        _write(save, head.text() + "\n")
    say(f"{service.name}: sound up to position {head.position}, chain {head.chain}")
    if known is not None and only_new:
        say(f"read was only what follows position {known.position}: without --only-new, all is")
    return 0


def _saved(file: Path) -> Head:
    try:
        return Head.parse(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsRefused(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsRefused(f"{file}: {error}") from None


def _write(file: Path, text: str) -> None:
    """All of it or nothing: the head that was there before stays until the new one is."""
    draft = file.with_name(f"{file.name}.new")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(file)
    except OSError as error:
        raise SettingsRefused(f"{file} cannot be written: {error.strerror}") from error


def sound(service: Service, dsn: str, since: Head | None = None, *, only_new: bool = False) -> Head | None:
    """The head up to which the ledger is sound; says where it is not."""
    bar = Bar(f"{service.name}: verify")
    try:
        return verify(
            dsn,
            since,
            lambda at: bar.show(at.position, at.head, f"{at.rate:,.0f} events/s"),
            only_new=only_new,
        )
    except Forged as found:
        say(f"{service.name}: NOT sound at {found}")
        say("Nothing was changed. What to do: OPERATING.md, section Verify a ledger")
        return None
    except ValueError as error:
        raise SettingsRefused(str(error)) from None
    finally:
        bar.end()


def rebuild_view(service: Service, name: str, environ: Environ, *, compare: bool = False) -> int:
    """Build a view anew beside the live one and switch; or only compare the two."""
    view = next(view for view in service.views if view.name == name)
    with opened_ledger(service, environ) as ledger:
        if sound(service, ledger.settings.dsn) is None:  # a view never makes a forgery look right
            return 1
        if compare:
            return _compare(ledger, view)
        done = rebuild(ledger, view, lambda progress: say(str(progress)))
    say(f"switched: {done}")
    return 0


def _compare(ledger: Ledger, view: View) -> int:
    found = differences(ledger, view)
    for difference in found[:MOST_TOLD]:
        say(difference)
    say(
        f"{view.name}: {len(found)} rows differ"
        if found
        else f"{view.name}: live and rebuilt are equal, row for row"
    )
    return 1 if found else 0


def rotate_master_key(service: Service, environ: Environ) -> int:
    """Wrap the keys of all persons with the new master key, so that the old one can be taken out."""
    with opened_ledger(service, environ) as ledger:
        done = ledger.keys.rewrap(lambda progress: say(f"{service.name}: {progress}"))
    found = f"{done:,} wrapped anew" if done else "nothing to do"
    say(f"{service.name}: all keys are wrapped with the first master key ({found})")
    return 0


def mend_keys(service: Service, environ: Environ, *, apply: bool) -> int:
    """After an older backup was restored: read everybody again who was not erased since it was made."""
    settings = read(Settings, environ)
    dsn = settings.database_url.reveal()
    check_schema(dsn, service.name)
    with open_datastore(dsn) as datastore:
        store = open_store(settings.key_store.reveal(), service.name) or BucketTable(datastore, service.name)
        try:
            mended = mend(datastore, store, apply=apply)
        finally:
            store.close()
    say(f"{service.name}: {mended}" if apply else f"{service.name}: {mended}, if run again with --apply")
    for subject in mended.erased:
        say(f"  erased: {subject}")
    return 0


def list_parked(service: Service, environ: Environ) -> int:
    """One line for each parked event."""
    with _desk(service, environ) as desk:
        events = desk.list()
    if not events:
        say("nothing is parked")
    for event in events:
        say(f"{event.id:>6}  {event.source} {event.sequence}  {event.subject}  {event.type}  {_why(event)}")
    return 0


def show_parked(service: Service, parked_id: int, environ: Environ) -> int:
    """All about one parked event."""
    with _desk(service, environ) as desk:
        event = desk.show(parked_id)
    say(f"{event.type} {event.sequence} of {event.source}, about {event.subject}")
    say(f"parked {event.parked_at:{_MOMENT}}, last tried {event.tried_at:{_MOMENT}}: {_why(event)}")
    say(json_format.MessageToJson(event.envelope, ensure_ascii=False))
    return 0


def retry(service: Service, parked_id: int, environ: Environ) -> int:
    """Handle a parked event now, and what waits behind it."""
    with _desk(service, environ) as desk:
        handled = desk.retry(parked_id)
    say(f"handled {handled}")
    return 0


def discard(service: Service, parked_id: int, environ: Environ, *, reason: str = "") -> int:
    """Give a parked event up."""
    with _desk(service, environ) as desk:
        behind = desk.discard(parked_id, by="command line", reason=reason)
    say("discarded" + (f"; {behind} still wait behind it: retry the first of them" if behind else ""))
    return 0


def by_hand(
    service: Service, act: str, words: Mapping[str, str], environ: Environ, *, settled: str = ""
) -> int:
    """Do what only whoever is at the machine may do. Raises `CannotStart` if it is refused.

    A refusal with the code `settled` says that it is done already: then nothing is to do.
    """
    opened = open_service(service, read(Settings, environ), environ, listen=False)
    try:
        say(opened.parts.by_hand[act](words))
    except Refusal as refused:
        if refused.code != settled:
            raise CannotStart(f"{refused.code}: {refused.message}") from None
        say(f"{service.name}: nothing to do ({refused.code})")
    except ValueError as unfit:
        raise CannotStart(str(unfit)) from None
    finally:
        opened.close()
    return 0


def _why(event: ParkedEvent) -> str:
    return f"{event.error} ({event.tries} tries)" if event.tries else event.error


@contextmanager
def _desk(service: Service, environ: Environ) -> Iterator[ParkingDesk]:
    if not service.subscriptions:  # it handles nothing: no need for its parts, nor for the secrets of serving
        with opened_ledger(service, environ) as ledger:
            yield ParkingDesk(ledger, Effects(service.name, ledger, Streams(ledger), {}))
        return
    opened = open_service(service, read(Settings, environ), environ, listen=False)
    try:
        yield ParkingDesk(opened.ledger, opened.effects())
    finally:
        opened.close()


@contextmanager
def opened_ledger(service: Service, environ: Environ) -> Iterator[Ledger]:
    """The ledger of a service, for as long as an operator works on it."""
    ledger = open_ledger(service, read(Settings, environ), listen=False)
    try:
        yield ledger
    finally:
        ledger.close()


def say_differences(service: Service, what: str, found: Sequence[object], *, compare: bool) -> int:
    """List what differs from the ledger, or was put right; answers the exit status."""
    for difference in found[:MOST_TOLD]:
        say(str(difference))
    if not found:
        say(f"{service.name}: {what} and ledger agree")
        return 0
    say(f"{service.name}: {what} that {'differ' if compare else 'were put right'}: {len(found):,}")
    return 1 if compare else 0
