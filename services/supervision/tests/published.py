"""What the cases service publishes, as tests of supervision need it: short words for its messages."""

from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.feed.v1 import feed_service_pb2 as feed

from libs.messaging.reactions import Fact
from libs.rpc.moments import stamp
from libs.testkit.ids import some_id

SOURCE = "linli://test/cases"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


def opened(case_id: str, at: datetime, **about: Any) -> cases.CaseOpened:
    """A case is opened; `due` and `first_response_due` are moments."""
    promised = (
        (types.CLOCK_KIND_RESOLUTION, about.pop("due", None)),
        (types.CLOCK_KIND_FIRST_RESPONSE, about.pop("first_response_due", None)),
    )
    deadlines = [types.Deadline(clock=clock, due_time=stamp(due)) for clock, due in promised if due]
    usual = {
        "public_id": "LL-7F3K9-2QD4X",
        "affair_id": "bulky-items",
        "area_path": "la/south",
        "channel": types.CHANNEL_WEB,
        "reporter_id": "resident-7",
    }
    return cases.CaseOpened(case_id=case_id, opened_time=stamp(at), deadlines=deadlines, **{**usual, **about})


def fact(message: Message, *, version: int, at: datetime, sequence: int = 0, **about: Any) -> Fact:
    """The envelope of a message, as a reaction sees it."""
    usual = {"actor": "staff-4", "traceparent": TRACEPARENT, "correlation_id": "c0ffee"}
    return Fact(
        source=SOURCE,
        event_id=some_id(f"event {sequence or version}"),
        type=message.DESCRIPTOR.full_name,
        subject="case-1",
        subject_version=version,
        sequence=sequence or version,
        time=at,
        recorded_time=at,
        **{**usual, **about},
    )


class Neighbour:
    """The cases service, as far as its neighbours see it: it gives out batches of its events."""

    def __init__(self) -> None:
        self._sequence = 0
        self._versions: dict[str, int] = {}

    @property
    def revision(self) -> str:
        """The token that its newest answer would carry."""
        return f"r{self._sequence}.1"

    def publish(self, *messages: Message, **about: Any) -> feed.Batch:
        """The batch that carries these messages, each recorded at the moment it tells."""
        after = self._sequence
        events = [self._event(message, **about) for message in messages]
        return feed.Batch(source=SOURCE, after=after, until=self._sequence, events=events)

    def _event(self, message: Any, **about: Any) -> feed.Event:
        self._sequence += 1
        version = self._versions[message.case_id] = self._versions.get(message.case_id, 0) + 1
        time = moment_of(message)
        usual = {"actor": "staff-4", "traceparent": TRACEPARENT, "reason": ""}
        event = feed.Event(
            id=some_id(f"cases {self._sequence}"),
            source=SOURCE,
            type=message.DESCRIPTOR.full_name,
            subject=f"case-{message.case_id}",
            sequence=self._sequence,
            subject_version=version,
            time=time,
            recorded_time=time,
            **{**usual, **about},
        )
        event.data.Pack(message)
        return event


def moment_of(message: Any) -> Timestamp:
    """When a published event of a case happened."""
    names = [
        field.name
        for field in message.DESCRIPTOR.fields
        if field.message_type is not None
        and field.message_type.full_name == "google.protobuf.Timestamp"
        and field.name not in ("due_time", "moment_time", "since_time")
        and not field.name.endswith("_until_time")
    ]
    [name] = names
    moment: Timestamp = getattr(message, name)
    return moment
