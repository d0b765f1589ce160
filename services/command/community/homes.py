"""The households of a file: their people are found or registered, and live where the file says.

What a platform knows of people is not read for it: each household is sent by a request that is named by who
lives where since when, and takes effect once. Who has moved since, or was registered in a household by
somebody else, stays there. No request is named by relations or facts, which the ledger keeps enciphered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from libs.rpc.failures import RpcFailed
from services.command.community.applying import Applying
from services.command.community.model import Community, Household
from services.command.community.steps import Call
from services.command.community.wired import Wired

_LEFT_ALONE = {"MOVE_TOO_EARLY", "REQUEST_ID_REUSED"}
"""Somebody has moved since; or the household was sent before, with other relations."""


@dataclass(slots=True)
class Homes:
    """What became of them."""

    sent: int = 0
    registered: int = 0
    elsewhere: int = 0

    def __str__(self) -> str:
        """In a line."""
        said = f"households: {self.sent} are as the file says, {self.registered} people registered"
        return said + (
            f", {self.elsewhere} left alone: somebody moved since, or has another relation"
            if self.elsewhere
            else ""
        )


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
    request = wired.household(household, ids)
    form = Call(service="identity", rpc="form_household", request=request, named_by=_where(request))
    try:
        household_id = applying.send(form).household_id
    except RpcFailed as failed:
        if failed.reason not in _LEFT_ALONE:
            raise
        homes.elsewhere += 1
        return
    visit = wired.visit(household, household_id, ids)
    if visit.facts:
        # named by chance: what was told before is not told twice
        applying.send(Call(service="identity", rpc="record_visit", request=visit, since=uuid4().hex))
    homes.sent += 1


def _where(request: Any) -> Any:
    """Who lives where since when, without how they are related."""
    where = type(request)()
    where.CopyFrom(request)
    for member in where.members:
        member.ClearField("relation")
    return where
