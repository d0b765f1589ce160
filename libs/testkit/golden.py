"""Golden files: what was stored once under a name must be readable for ever.

For each stored event name there is `<name>.msgpack`, the bytes as a ledger holds them (personal
data under a fixed key), and `<name>.json`, what they say. `python -m libs.testkit.golden <service>`
writes the files that are missing, never one that is there.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from libs.ledger.personal import Personal
from libs.ledger.privacy.data_key import FixedKeys
from libs.ledger.recorded import Metadata
from libs.ledger.store import shapes
from libs.ledger.store.mapper import Events, Mapper

_STREAM = "golden-1"
_METADATA = Metadata(
    event_id="6f1d7bd1c1ab4c6e9c2f0d3f5a7e9b10",
    occurred_at=datetime(2020, 7, 1, 22, 15, tzinfo=UTC),
    actor="clerk-17",
    on_behalf_of="resident-4",
    consent_id="consent-9",
    roles=("clerk", "supervisor"),
    area="la/12",
    request_id="b7c2",
    request_digest="5d41402abc4b2a76",
    correlation_id="c0ffee",
    causation_id="facade",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    reason="asked for it",
)


def differences(events: Events, folder: Path) -> list[str]:
    """What the contract of a service's stored events finds amiss; empty if it holds.

    `assert golden.differences(EVENTS, Path(__file__).parent / "golden") == []`
    """
    return [*_missing(events, folder), *_orphans(events, folder), *_changed(events, folder)]


def _missing(events: Events, folder: Path) -> Iterator[str]:
    """A name may be stored only once its bytes are kept."""
    for name in events.names():
        if not _files(folder, name)[0].exists():
            command = f"python -m libs.testkit.golden {events.service}"
            yield f"{name} has no golden file: run `{command}` and commit it"


def _orphans(events: Events, folder: Path) -> Iterator[str]:
    """What was ever stored must stay readable: names are upcast, never removed."""
    for name in sorted({path.stem for path in folder.glob("*.msgpack")} - {*events.names()}):
        yield f"{name} was stored once: put it back into the events table, or upcast it"


def _changed(events: Events, folder: Path) -> Iterator[str]:
    """The bytes of long ago decode, to the values of long ago."""
    mapper = reader(events)
    for name in events.names():
        body, said = _files(folder, name)
        if body.exists():
            event = read(mapper, name, body.read_bytes())
            if name in events.types:  # an older name says it in the words of the newer one
                yield from _differences(msgspec.json.decode(said.read_bytes()), plain(event), name)


def reader(events: Events) -> Mapper:
    """What reads a service's golden files; it proves every type first, so make one for all of them."""
    return Mapper(events, FixedKeys())


def read(mapper: Mapper, name: str, body: bytes) -> Any:
    """The event in a golden file, personal data opened."""
    with mapper.opening():
        event, metadata = mapper.decode(_STREAM, f"{mapper.events.service}.{name}", body)
    assert metadata == _METADATA
    return event


def plain(event: object) -> Any:
    """An event as plain values, with the clear text of personal data."""
    return msgspec.json.decode(msgspec.json.encode(event, enc_hook=_personal))


def write_missing(events: Events, folder: Path, samples: Mapping[str, object] | None = None) -> list[str]:
    """Write the golden files that are not there yet; returns their names.

    `samples` gives events of types whose own checks refuse made-up values.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mapper, written = reader(events), []
    for name, tp in events.types.items():
        body, said = _files(folder, name)
        if not body.exists():
            event = (samples or {}).get(name) or next(shapes.samples(tp), None)
            assert event is not None, f"{name} takes no made-up values: give one in GOLDEN_SAMPLES"
            body.write_bytes(mapper.encode(_STREAM, event, _METADATA).body)
            said.write_bytes(msgspec.json.format(msgspec.json.encode(plain(event)), indent=2) + b"\n")
            written.append(name)
    return written


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.msgpack", folder / f"{name}.json"


def _personal(part: object) -> dict[str, str | None]:
    assert isinstance(part, Personal), part
    return {"subject": part.subject, "value": part.value}


def _differences(said: Any, says: Any, where: str) -> Iterator[str]:
    """What was said and is not said any more; new fields are welcome."""
    if isinstance(said, dict) and isinstance(says, dict):
        for key, value in said.items():
            if key in says:
                yield from _differences(value, says[key], f"{where}.{key}")
            else:
                yield f"{where}.{key} is not read any more: give the event a new version and upcast this one"
    elif isinstance(said, list) and isinstance(says, list) and len(said) == len(says):
        for n, (one, other) in enumerate(zip(said, says, strict=True)):
            yield from _differences(one, other, f"{where}[{n}]")
    elif said != says:
        yield f"{where} said {said!r} and now says {says!r}"


def main(service: str) -> None:
    """Write what is missing of a service's golden files."""
    adapter = importlib.import_module(f"services.{service}.adapters.ledger")
    folder = Path("services", service, "tests", "adapters", "golden")
    for name in write_missing(adapter.EVENTS, folder, getattr(adapter, "GOLDEN_SAMPLES", None)):
        sys.stdout.write(f"{folder / name}.msgpack\n")


if __name__ == "__main__":
    main(sys.argv[1])
