"""Each service says which of its stored types are never published: other releases may pass over these."""

import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from libs.ledger.recorded import Metadata, Recorded
from libs.ledger.store.mapper import Mapper
from libs.runtime.host.parts import Service
from libs.testkit import golden
from services.command.registry import NAMES

SERVICES = Path(__file__).parent.parent


def _is_published(service: Service, mapper: Mapper, name: str) -> bool:
    body = SERVICES / service.name / "tests" / "adapters" / "golden" / f"{name}.msgpack"
    event: Recorded[Any] = Recorded(
        stream="subject-1",
        version=1,
        position=1,
        name=f"{service.name}.{name}",
        event=golden.read(mapper, name, body.read_bytes()),
        metadata=Metadata(event_id="e-1", occurred_at=datetime(2020, 7, 1, tzinfo=UTC), actor="clerk-17"),
        recorded_at=datetime(2020, 7, 1, tzinfo=UTC),
    )
    try:
        return service.publish(event) is not None
    except ValueError:  # a made-up value that no message takes: a message was about to be made
        return True


@pytest.mark.parametrize("name", NAMES)
def test_exactly_what_is_never_published_is_declared_private(name: str) -> None:
    service = importlib.import_module(f"services.{name}.wiring").SERVICE

    mapper = golden.reader(service.events)
    private = {each for each in service.events.types if not _is_published(service, mapper, each)}

    assert service.events.private == private
