"""`linli privacy register`: which personal data are stored, for what, by what right, and until when."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click
from linli.options.v1 import labels_pb2, register_pb2
from linli.privacy.v1 import privacy_types_pb2

from libs.runtime.host.terminal import say
from services.command.registry import NAMES, load

_PREFIX = "PERSONAL_CLASS_"
REASONS = ("(any event)", "reason")
"""What whoever acts types as a reason, stored beside the event: under their own key, in every service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field with personal data, and what the register says of it."""

    service: str
    event: str
    field: str
    personal_class: str
    label_zh: str
    label_en: str
    purpose: str
    legal_basis: str
    retention: str


@click.command()
@click.option("as_json", "--json", is_flag=True, help="print JSON")
def register(as_json: bool) -> int:
    """Print every stored field with personal data: class, purpose, legal basis, retention."""
    entries = list(everything())
    if as_json:
        say(json.dumps([asdict(each) for each in entries], ensure_ascii=False, indent=2))
        return 0
    say("| service | stored event | field | class | purpose | legal basis | kept |")
    say("|---|---|---|---|---|---|---|")
    for each in entries:
        called = f"{each.personal_class}: {each.label_en}, {each.label_zh}"
        cells = (each.service, each.event, each.field, called, each.purpose, each.legal_basis, each.retention)
        say(f"| {' | '.join(cells)} |")
    return 0


def everything() -> Iterator[Entry]:
    """All entries, service by service."""
    for service in NAMES:
        for event, fields in sorted(load(service).events.personal.items()):
            for field, word in sorted(fields.items()):
                yield _entry(service, event, field, word)
        yield _entry(service, *REASONS, "REASON")


def _entry(service: str, event: str, field: str, word: str) -> Entry:
    options = privacy_types_pb2.PersonalClass.DESCRIPTOR.values_by_name[_PREFIX + word].GetOptions()
    label, held = options.Extensions[labels_pb2.label], options.Extensions[register_pb2.held]
    return Entry(
        service=service,
        event=event,
        field=field,
        personal_class=word,
        label_zh=label.zh,
        label_en=label.en,
        purpose=held.purpose,
        legal_basis=held.legal_basis,
        retention=held.retention,
    )
