"""What the platform has of a system's requests already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.feed.v1 import feed_service_pb2 as feed
from linli.supervision.v1 import supervision_service_pb2 as supervision

from libs.rpc.moments import moment, moment_of
from libs.rpc.pages import rows_of_pages
from services.command.imports.platform import Services

_RARE = "linli.cases.v1.CaseContentErased"
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Known:
    """A case as it stands; `responded` is when the first response was given, if that is promised."""

    case_id: str
    state: int
    affair_id: str
    body_id: str
    opened: datetime
    ended: datetime | None
    responded: datetime | None


def known_cases(services: Services, system: str) -> Mapping[str, Known]:
    """All cases of the system, by its own numbers, as of now."""
    request = pb.ListCasesRequest(
        page_size=_PAGE,
        filter=f'external_system = "{system}"',
        order_by="opened_time",
        at_least=head(services),
    )
    found = rows_of_pages(services.cases.list_cases, request, "cases")
    return {case.external_reference.number: of_case(case) for case in found}


def of_case(case: Any) -> Known:
    """What an import must know of a case."""
    first = [each for each in case.deadlines if each.clock == types.CLOCK_KIND_FIRST_RESPONSE]
    return Known(
        case_id=case.case_id,
        state=case.state,
        affair_id=case.affair_id,
        body_id=case.body_id,
        opened=moment(case.opened_time),
        ended=moment_of(case, "ended_time"),
        responded=moment_of(first[0], "met_time") if first else None,
    )


def head(services: Services) -> str:
    """The revision that shows all that the ledger of cases holds now; "" if that is nothing.

    It is looked for in the feed, from where supervision has got to.
    """
    board = services.supervision.get_scoreboard(
        supervision.GetScoreboardRequest(group_by=supervision.GROUPING_ALL)
    )
    after: int = board.cases_position
    while True:
        request = feed.ReadEventsRequest(source="cases", after=after, limit=1000, types=[_RARE])
        batch = services.feed.read_events(request).batch
        if batch.until == after:
            return f"r{after}.0" if after else ""
        after = batch.until
