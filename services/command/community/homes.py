"""The households of a file: their people are found or registered, and live where the file says.

What a platform knows of people is not read for it: each household is sent by a request that its content
names, which takes effect once. Who has moved since, or was registered in a household by somebody else, stays
there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from libs.rpc.failures import RpcFailed
from services.command.community.applying import Applying
from services.command.community.model import Community, Household
from services.command.community.steps import Call
from services.command.community.wired import Wired

_MOVED = "MOVE_TOO_EARLY"


@dataclass(slots=True)
class Homes:
    """What became of them."""

    sent: int = 0
    registered: int = 0
    elsewhere: int = 0

    def __str__(self) -> str:
        """In a line."""
        said = f"households: {self.sent} are as the file says, {self.registered} people registered"
        return said + (f", {self.elsewhere} left alone: somebody moved since" if self.elsewhere else "")


def housed(community: Community, wired: Wired, applying: Applying) -> Homes:
    """All of them. Raises `RpcFailed`."""
    areas = {building.id: building.area for building in community.buildings}
    homes = Homes()
    for household in community.households:
        ids = []
        for member in household.members:
            request = wired.member(member, areas[household.building])
            answer = applying.send(
                Call(service="identity", rpc="register_resident", request=request, since=uuid4().hex)
            )
            homes.registered += not answer.existing
            ids.append(answer.resident_id)
        _formed(household, ids, wired, applying, homes)
    return homes


def _formed(household: Household, ids: Sequence[str], wired: Wired, applying: Applying, homes: Homes) -> None:
    form = Call(service="identity", rpc="form_household", request=wired.household(household, ids))
    try:
        household_id = applying.send(form).household_id
    except RpcFailed as failed:
        if failed.reason != _MOVED:
            raise
        homes.elsewhere += 1
        return
    visit = wired.visit(household, household_id, ids)
    if visit.facts:
        applying.send(Call(service="identity", rpc="record_visit", request=visit))
    homes.sent += 1
