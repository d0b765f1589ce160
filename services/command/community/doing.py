"""All that is to be done for a file: its steps, its people, and a wait until everybody can read it."""

from collections.abc import Callable, Sequence
from typing import Any

from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_staffing_pb2 as staffing

from services.command.community.applying import Applying
from services.command.community.checking import Checked
from services.command.community.homes import Homes, housed
from services.command.community.people import Counts, Passwords, settled
from services.command.community.standing import Standing
from services.command.community.steps import Step
from services.command.community.wired import Wired


def do(
    file: Checked,
    standing: Standing,
    steps: Sequence[Step],
    told: Callable[[int, Step], None],
    passwords: Passwords | None = None,
) -> tuple[Counts | None, Homes | None]:
    """Do it; what became of the staff and the households, if there are any. Raises `RpcFailed`."""
    community, wired = file.community, Wired(file.community)
    applying, people = Applying(standing.stubs), community.people
    applying.do(steps, told)
    counts = settled(people, wired, standing, applying, passwords) if people else None
    homes = housed(community, wired, applying) if community.households else None
    _wait(standing, applying)
    return counts, homes


def _wait(standing: Standing, applying: Applying) -> None:
    """Until lists show all that was done: another run would else do it again."""
    stubs: Any = standing.stubs
    if revision := applying.revisions.get("identity"):
        stubs["identity"].list_areas(identity.ListAreasRequest(page_size=1, at_least=revision))
        stubs["identity"].list_bodies(identity.ListBodiesRequest(page_size=1, at_least=revision))
        stubs["identity"].list_dwellings(identity.ListDwellingsRequest(page_size=1, at_least=revision))
        stubs["identity"].list_posts(staffing.ListPostsRequest(page_size=1, at_least=revision))
    if revision := applying.revisions.get("catalog"):
        of = stubs["catalog"]
        of.list_affairs(catalog.ListAffairsRequest(page_size=1, at_least=revision))
        of.list_calendars(catalog.ListCalendarsRequest(page_size=1, at_least=revision))
        of.list_responsibilities(catalog.ListResponsibilitiesRequest(page_size=1, at_least=revision))
        of.list_commitments(catalog.ListCommitmentsRequest(page_size=1, at_least=revision))
        of.search_services(catalog.SearchServicesRequest(page_size=1, at_least=revision))
