"""Use cases of the area tree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.geo.boundary import BoundaryUnusable, check_boundary
from libs.geo.effort import Effort, OutOfTime
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import NOWHERE, AreaPath, below, id_of
from services.identity.application.ground import objection
from services.identity.application.ports import AreaReads, AreaRow, Place, StripQuery, StripReads, StripRow
from services.identity.domain import refusals
from services.identity.domain.area import (
    Area,
    AreaCommand,
    AreaEvent,
    ChangeBoundary,
    DefineArea,
    Defined,
    Parent,
    Undefined,
)
from services.identity.domain.values import Level, Within

AreaStream = Stream[AreaCommand, Area, AreaEvent]
AreaHandled = Handled[Area, AreaEvent]


def defined(areas: AreaStream, area_id: str, field: str = "area_id") -> Defined:
    """The area as it is now. Refuses AREA_UNKNOWN."""
    state = areas.load(area_id).state
    if isinstance(state, Undefined):
        raise refusals.area_is_unknown(area_id, field)
    return state


def within(areas: AreaStream, area_id: str, body_id: str) -> Within:
    """Limits by an area and a body, either of which may be ""; refuses AREA_UNKNOWN."""
    path = defined(areas, area_id).path if area_id else NOWHERE
    return Within(area_id=area_id, area_path=path, body_id=body_id)


def jurisdiction(within: Within) -> Jurisdiction:
    """Limits, as a caller's grants are held against them."""
    return Jurisdiction(area_path=within.area_path or None, body_id=within.body_id or None)


def checked(boundary: str) -> tuple[str, str]:
    """(canonical GeoJSON, note on repairs). Refuses BOUNDARY_UNUSABLE."""
    try:
        usable = check_boundary(boundary)
    except BoundaryUnusable as error:
        raise refusals.boundary_is_unusable(str(error)) from error
    return usable.geojson, usable.note


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArea:
    """An area as a caller describes it; `boundary` as they wrote it, "" for none."""

    area_id: str
    parent_id: str
    level: Level
    name: Text
    boundary: str
    valid_from: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """What can be done with areas."""

    stream: AreaStream
    reads: AreaReads
    strips: StripReads

    def define(self, new: NewArea, context: Context, permit: Permit, deadline: float | None) -> AreaHandled:
        """Put an area into the tree. The caller must reach the parent; for a root, everything.

        `deadline` (on `time.monotonic()`) ends the comparison of its boundary with others.
        """
        parent = None
        if new.parent_id:
            above = defined(self.stream, new.parent_id, "parent_id")
            parent = Parent(area_id=above.area_id, level=above.level, path=above.path)
        permit(Jurisdiction(area_path=parent.path if parent else NOWHERE))
        path = below(parent.path if parent else "", new.area_id)
        effort = Effort(deadline=deadline)
        command = DefineArea(
            area_id=new.area_id,
            parent=parent,
            level=new.level,
            name=new.name,
            boundary=self._boundary(path, new.boundary, new.valid_from, new.at, permit, effort),
            at=new.at,
        )
        return self.stream.handle(new.area_id, command, replace(context, area=path))

    def change_boundary(
        self,
        area_id: str,
        boundary: str,
        valid_from: datetime | None,
        at: datetime,
        context: Context,
        permit: Permit,
        if_revision: str | None,
        deadline: float | None,
    ) -> AreaHandled:
        """Give an area another boundary; `deadline` as in `define`."""
        path = defined(self.stream, area_id).path
        permit(Jurisdiction(area_path=path))
        command = self._boundary(path, boundary, valid_from, at, permit, Effort(deadline=deadline))
        if command is None:
            raise refusals.boundary_is_unusable("it is empty")
        context = replace(context, area=path)
        return self.stream.handle(area_id, command, context, if_revision=if_revision)

    def get(self, area_id: str, boundary_at: datetime | None, fresh: Fresh) -> AreaRow:
        """One area. Refuses AREA_UNKNOWN."""
        area = self.reads.one(area_id, boundary_at, fresh)
        if area is None:
            raise refusals.area_is_unknown(area_id)
        return area

    def list(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[AreaRow], str]:
        """A page of areas."""
        return self.reads.page(query, fresh)

    def locate(self, longitude: float, latitude: float, at: datetime, fresh: Fresh) -> Place:
        """The chain of areas around a point. Refuses PLACE_OUTSIDE_AREAS."""
        place = self.reads.locate(longitude, latitude, at, fresh)
        if place is None:
            raise refusals.place_is_outside_areas()
        return place

    def disputed_strips(
        self, query: StripQuery, at: datetime, fresh: Fresh, deadline: float | None
    ) -> tuple[Sequence[StripRow], str]:
        """A page of the strips that two areas claim. Refuses AREA_UNKNOWN, DEADLINE_TOO_NEAR."""
        path = defined(self.stream, query.area_id).path if query.area_id else NOWHERE
        try:
            return self.strips.page(query, path, at, fresh, Effort(deadline=deadline))
        except OutOfTime:
            raise refusals.deadline_is_too_near() from None

    def _boundary(
        self,
        path: AreaPath,
        boundary: str,
        valid_from: datetime | None,
        at: datetime,
        permit: Permit,
        effort: Effort,
    ) -> ChangeBoundary | None:
        if not boundary:
            return None
        geojson, note = checked(boundary)
        return ChangeBoundary(
            area_id=id_of(path),
            boundary=geojson,
            note=note,
            valid_from=valid_from,
            at=at,
            objection=objection(self.reads.atlas(), path, geojson, valid_from or at, permit, effort),
        )
