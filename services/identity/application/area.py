"""Use cases of the area tree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.geo.boundary import BoundaryUnusable, check_boundary
from libs.geo.effort import Effort, OutOfTime
from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import NOWHERE, AreaPath, below, id_of, parent_of
from services.identity.application.area_ports import (
    AreaReads,
    AreaRow,
    Degrees,
    Locating,
    Places,
    StripQuery,
    StripReads,
    StripRow,
)
from services.identity.application.ground import objection
from services.identity.domain import area_refusals, refusals
from services.identity.domain.area.commands import AreaCommand, ChangeBoundary, DefineArea, Parent, RenameArea
from services.identity.domain.area.events import AreaEvent
from services.identity.domain.area.situations import Area, Defined, Undefined
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


def above_of(area: Defined) -> Parent:
    """What an area below it must know of an area."""
    return Parent(area_id=area.area_id, level=area.level, path=area.path, valid_until=area.valid_until)


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
    locating: Locating
    strips: StripReads

    def define(self, new: NewArea, context: Context, permit: Permit, deadline: float | None) -> AreaHandled:
        """Put an area into the tree. The caller must reach the parent; for a root, everything.

        `deadline` (on `time.monotonic()`) ends the comparison of its boundary with others.
        """
        parent = None
        if new.parent_id:
            above = defined(self.stream, new.parent_id, "parent_id")
            parent = above_of(above)
        permit(Jurisdiction(area_path=parent.path if parent else NOWHERE))
        path = below(parent.path if parent else "", new.area_id)
        effort = Effort(deadline=deadline)
        command = DefineArea(
            area_id=new.area_id,
            parent=parent,
            level=new.level,
            name=new.name,
            boundary=self.drawn(path, new.boundary, new.valid_from, new.at, permit, effort),
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
        command = self.drawn(path, boundary, valid_from, at, permit, Effort(deadline=deadline))
        if command is None:
            raise refusals.boundary_is_unusable("it is empty")
        context = replace(context, area=path)
        return self.stream.handle(area_id, command, context, if_revision=if_revision)

    def rename(
        self,
        area_id: str,
        name: Text,
        valid_from: datetime | None,
        at: datetime,
        context: Context,
        permit: Permit,
        if_revision: str | None,
    ) -> AreaHandled:
        """Call an area differently. The caller must reach the parent; for a root, everything."""
        path = defined(self.stream, area_id).path
        permit(Jurisdiction(area_path=parent_of(path)))
        context = replace(context, area=path)
        command = RenameArea(
            area_id=area_id,
            name=name,
            valid_from=valid_from,
            at=at,
            objection=self._confusion(area_id, name, at),
        )
        return self.stream.handle(area_id, command, context, if_revision=if_revision)

    def get(self, area_id: str, at: datetime, fresh: Fresh, with_boundary: bool) -> AreaRow:
        """One area as of a moment. Refuses AREA_UNKNOWN."""
        area = self.reads.one(area_id, at, fresh, with_boundary)
        if area is None:
            raise refusals.area_is_unknown(area_id)
        return area

    def list(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[AreaRow], str]:
        """A page of the areas of a moment."""
        return self.reads.page(query, at, fresh)

    def locate(self, points: Sequence[Degrees], at: datetime, fresh: Fresh) -> Places:
        """The chain of areas around each point."""
        return self.locating.locate(points, at, fresh)

    def disputed_strips(
        self, query: StripQuery, at: datetime, fresh: Fresh, deadline: float | None
    ) -> tuple[Sequence[StripRow], str]:
        """A page of the strips that two areas claim. Refuses AREA_UNKNOWN, DEADLINE_TOO_NEAR."""
        path = defined(self.stream, query.area_id).path if query.area_id else NOWHERE
        try:
            return self.strips.page(query, path, at, fresh, Effort(deadline=deadline))
        except OutOfTime:
            raise refusals.deadline_is_too_near() from None

    def _confusion(self, area_id: str, name: Text, at: datetime) -> Refusal | None:
        """The area beside it that is called so, in one language or the other."""
        wanted = {each.casefold() for each in (name.zh, name.en) if each}
        for each in self.reads.around(area_id, at).beside:
            if each.is_there(at) and wanted & {each.name.zh.casefold(), each.name.en.casefold()}:
                return area_refusals.name_is_taken(each.area_id)
        return None

    def drawn(
        self,
        path: AreaPath,
        boundary: str,
        valid_from: datetime | None,
        at: datetime,
        permit: Permit,
        effort: Effort,
    ) -> ChangeBoundary | None:
        """The boundary of a caller with what stands against it; None for "". Refuses BOUNDARY_UNUSABLE."""
        if not boundary:
            return None
        geojson, note = checked(boundary)
        return ChangeBoundary(
            area_id=id_of(path),
            boundary=geojson,
            note=note,
            valid_from=valid_from,
            at=at,
            objection=objection(self.locating.atlas(), path, geojson, valid_from or at, permit, effort),
        )
