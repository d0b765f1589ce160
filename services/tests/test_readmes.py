"""Every service's README says what the service is: its tables match the code."""

import importlib
from pathlib import Path

import pytest

from libs.testkit import readme
from services.command.registry import NAMES

SERVICES = Path(__file__).parent.parent


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_of_a_readme_match_the_code(name: str) -> None:
    service = importlib.import_module(f"services.{name}.wiring").SERVICE
    reactions = {
        f"{upstream}.{message.DESCRIPTOR.name}"
        for upstream, of in service.subscriptions.items()
        for message in of
    }

    told = readme.differences(
        SERVICES / name / "README.md",
        {
            "rpc": readme.rpcs(importlib.import_module(f"linli.{name}.v1.{name}_service_pb2")),
            "stored event": set(service.events.types),
            "published event": readme.published_events(
                importlib.import_module(f"linli.{name}.v1.{name}_events_pb2")
            ),
            "view": {view.name for view in service.views},
            "reacts to": reactions,
        },
    )

    assert told == []
