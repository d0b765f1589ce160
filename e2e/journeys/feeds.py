"""What the services publish, as partners read it."""

from collections import Counter

from linli.feed.v1 import feed_service_pb2 as feed
from linli.volunteers.v1 import volunteers_events_pb2 as events

from e2e.city.platform import City
from e2e.journeys.town import Town

[FEED] = feed.DESCRIPTOR.services_by_name.values()


def published(reader: City, source: str) -> list[feed.Event]:
    """All events of a service that the reader may see."""
    stub = reader.client.service(FEED)
    found: list[feed.Event] = []
    batch = feed.Batch(after=-1)
    while batch.until > batch.after:
        batch = stub.read_events(feed.ReadEventsRequest(source=source, after=batch.until)).batch
        found += batch.events
    return found


def kind(event: feed.Event) -> str:
    """`linli.cases.v1.CaseOpened` -> `CaseOpened`."""
    return event.type.rpartition(".")[2]


def heard_of_needs(town: Town, case_ids: set[str]) -> Counter[str]:
    """What the volunteers service published of the needs of these cases, by kind."""
    all_of_them = published(town.operator, "volunteers")
    needs = {event.subject for event in all_of_them if _case_of(event) in case_ids}
    return Counter(kind(event) for event in all_of_them if event.subject in needs)


def _case_of(event: feed.Event) -> str:
    raised = events.NeedRaised()
    return raised.case_id if event.data.Unpack(raised) else ""
