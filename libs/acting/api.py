"""The acting service: what was done in whose name, by gRPC."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from linli.acting.v1 import acting_service_pb2 as pb

from libs.acting.view import LISTED, VIEW, ActRow
from libs.acting.words import worded
from libs.ledger.decider import Kind, Refusal
from libs.ledger.views.view import Views
from libs.query.conditions import Condition
from libs.query.freshness import Fresh, PageQuery, Waiting
from libs.query.reach import Reach
from libs.rpc.moments import stamp
from libs.rpc.texts import localized

A = TypeVar("A", pb.Act, pb.ActToRead)


class Call(Waiting, Protocol):
    """What the service asks of a call (`libs.rpc.call.Call`)."""

    @property
    def my_ids(self) -> Sequence[str]:
        """The caller's own ids."""

    @property
    def reach(self) -> Reach:
        """How far the caller's grants reach."""

    def showing(self, *subject_ids: str) -> None:
        """Say whose data the answer shows."""


class Asked(PageQuery, Protocol):
    """A request for the acts of one service."""

    service: str


class ActingApi:
    """Serves `linli.acting.v1.ActingService` for the services of this process."""

    def __init__(self, views: Mapping[str, Views]) -> None:
        """`views`: those of each service in which somebody may act for others."""
        self._views = views

    def list_done_in_my_name(
        self, request: pb.ListDoneInMyNameRequest, call: Call
    ) -> pb.ListDoneInMyNameResponse:
        """What others did in the caller's name."""
        rows, token = self._page(request, call, Condition.one_of("resident_id", call.my_ids))
        return pb.ListDoneInMyNameResponse(acts=[_shown(row, pb.Act) for row in rows], next_page_token=token)

    def list_done_in_name_of(
        self, request: pb.ListDoneInNameOfRequest, call: Call
    ) -> pb.ListDoneInNameOfResponse:
        """What was done in the name of a resident of the caller's areas, or within these."""
        where = _of(request.resident_id) & _within(call.reach.by_area, request.resident_id)
        rows, token = self._page(request, call, where)
        call.showing(request.resident_id)
        return pb.ListDoneInNameOfResponse(
            acts=[_shown(row, pb.ActToRead) for row in rows], next_page_token=token
        )

    def _page(self, request: Asked, call: Call, where: Condition) -> tuple[Iterable[ActRow], str]:
        views = self._views.get(request.service)
        if views is None:
            known = ", ".join(sorted(self._views))
            message = f"no such list here; this server has those of: {known}"
            raise Refusal(Kind.NOT_FOUND, "ACTS_UNKNOWN", message, field="service")
        with Fresh.of(request, call).read(views, VIEW) as cursor:
            return LISTED.page(cursor, request, where=where)


def _of(resident_id: str) -> Condition:
    return Condition("resident_id = %s", (resident_id,))


def _within(reach: Reach, resident_id: str) -> Condition:
    """Whether the resident lives within reach, or the matter lies there."""
    home = reach.condition(area_column="home_path")
    lives = f"EXISTS (SELECT 1 FROM homes WHERE homes.resident_id = %s AND {home.sql})"
    return Condition.any_of(
        [reach.condition(area_column="area_path"), Condition(lives, (resident_id, *home.params))]
    )


def _shown(row: ActRow, kind: type[A]) -> A:
    return kind(
        act_id=row["act_id"],
        actor_id=row["actor_id"],
        consent_id=row["consent_id"],
        event=row["event"],
        label=localized(worded(row["event"])),
        subject=row["subject"],
        occurred_time=stamp(row["occurred_at"]),
        area_path=row["area_path"],
        rpc=row["rpc"],
    )
