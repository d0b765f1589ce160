"""The README says what is there, no more and no less."""

from pathlib import Path

from linli.cases.v1 import cases_events_pb2, cases_service_pb2

from libs.testkit.readme import differences, published_events, rpcs
from services.cases.wiring import SERVICE

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_names_what_there_is() -> None:
    reacts_to = [
        f"{source}.{message.DESCRIPTOR.name}"
        for source, reactions in SERVICE.subscriptions.items()
        for message in reactions
    ]
    expected = {
        "rpc": rpcs(cases_service_pb2),
        "stored event": SERVICE.events.types,
        "published event": published_events(cases_events_pb2),
        "view": [view.name for view in SERVICE.views],
        "reacts to": reacts_to,
    }

    assert differences(README, expected) == []
