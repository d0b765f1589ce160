"""The README says what is there, no more and no less."""

from pathlib import Path

from linli.supervision.v1 import supervision_events_pb2, supervision_service_pb2

from libs.testkit.readme import differences, published_events, rpcs
from services.supervision.domain.metrics import METRICS
from services.supervision.wiring import SERVICE

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_names_what_there_is() -> None:
    reacts_to = [
        f"{source}.{message.DESCRIPTOR.name}"
        for source, reactions in SERVICE.subscriptions.items()
        for message in reactions
    ]
    expected = {
        "rpc": rpcs(supervision_service_pb2),
        "stored event": SERVICE.events.types,
        "published event": published_events(supervision_events_pb2),
        "view": [view.name for view in SERVICE.views],
        "reacts to": reacts_to,
        "metric": [metric.name for metric in METRICS],
    }

    assert differences(README, expected) == []
