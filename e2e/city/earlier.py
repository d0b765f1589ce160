"""What an earlier run of the replay, cut short, has told already."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.feed.v1 import feed_service_pb2 as feed
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city.history import Story
from e2e.city.los_angeles import SYSTEM
from e2e.city.platform import City
from libs.rpc.pages import rows_of_pages
from services.command.imports.stories import rpc_of

_FEED = feed.DESCRIPTOR.services_by_name["FeedService"]
_RARE = "linli.cases.v1.CaseContentErased"
_ENDS = {
    "OpenCase": types.CASE_STATE_ROUTED,
    "ReassignCase": types.CASE_STATE_ROUTED,
    "StartWork": types.CASE_STATE_IN_PROGRESS,
    "CloseCase": types.CASE_STATE_CLOSED,
    "WithdrawCase": types.CASE_STATE_WITHDRAWN,
    "RejectCase": types.CASE_STATE_REJECTED,
}
"""The state that a story's last step leaves."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The cases told to their end, by the city's own numbers, and where the ledger of cases stood.

    A command that is answered with a place up to `position` had been told before, too.
    """

    cases: Mapping[str, str] = field(default_factory=dict)
    position: int = 0

    @property
    def revision(self) -> str:
        """The revision that shows all this; "" if nothing had happened."""
        return f"r{self.position}.0" if self.position else ""


def look(city: City, stories: Iterable[Story]) -> Earlier:
    """What the platform knows of these stories. One not told to its end is left out: tell it again."""
    position = _head(city)
    found = {
        case.external_reference.number: case for case in _imported(city, Earlier(position=position).revision)
    }
    told = {
        story.number: found[story.number].case_id
        for story in stories
        if story.number in found and _is_at_its_end(story, found[story.number])
    }
    return Earlier(told, position)


def _is_at_its_end(story: Story, case: pb.Case) -> bool:
    last = story.steps[-1]
    body_id = last.reassign_case.body_id or case.body_id
    return case.state == _ENDS.get(rpc_of(last)) and case.body_id == body_id


def _imported(city: City, revision: str) -> Iterator[pb.Case]:
    request = pb.ListCasesRequest(page_size=200, filter=f'external_system = "{SYSTEM}"', at_least=revision)
    return rows_of_pages(city.cases.list_cases, request, "cases")


def _head(city: City) -> int:
    """The last position in the ledger of cases: the feed's end, looked for from where supervision is."""
    board = city.supervision.get_scoreboard(
        supervision.GetScoreboardRequest(group_by=supervision.GROUPING_ALL)
    )
    events = city.client.service(_FEED)
    after: int = board.cases_position
    while True:
        batch = events.read_events(
            feed.ReadEventsRequest(source="cases", after=after, limit=1000, types=[_RARE])
        ).batch
        if batch.until == after:
            return after
        after = batch.until
