"""Use cases of areas that end, alone or into others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.geo.effort import Effort
from libs.geo.grounds import Grounds
from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, handle_many
from libs.ledger.text import Text
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import AreaPath, below, parent_of
from services.identity.application.area import Areas, above_of, defined
from services.identity.application.area_ports import Around, Stakes
from services.identity.application.ground import loss, misfit
from services.identity.domain import area_refusals
from services.identity.domain.area import AREA
from services.identity.domain.area.commands import AreaCommand, DefineArea, EndArea
from services.identity.domain.area.events import AreaEvent
from services.identity.domain.area.situations import Area, Defined


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What comes with each of these requests; `moment` is when the area ends, None for now."""

    moment: datetime | None
    at: datetime
    context: Context
    permit: Permit
    validate_only: bool
    deadline: float | None

    @property
    def since(self) -> datetime:
        """The first moment after the change."""
        return self.moment or self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A new area as a caller describes it; `boundary` as they wrote it, "" for none."""

    area_id: str
    name: Text
    boundary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What the end of areas leaves to persons."""

    grants: int
    clients: int
    bodies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The areas that ended, the new ones, what waits for persons, the revision ("": only validated)."""

    ended: Sequence[Area]
    new: Sequence[Area]
    left: Left
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Successions:
    """What can be done with areas that end. The caller must reach their parent; for a root, everything."""

    areas: Areas
    grants: Stakes
    clients: Stakes
    bodies: Stakes

    def end(self, area_id: str, successor_ids: tuple[str, ...], asked: Asked) -> Changed:
        """End an area."""
        area = self._reached(area_id, asked)
        grounds = Grounds.of(self.areas.locating.atlas(), (area_id, *successor_ids), asked.since)
        ends = EndArea(
            area_id=area_id,
            valid_until=asked.moment,
            successor_ids=successor_ids,
            at=asked.at,
            objection=self._orphaned(area, asked)
            or self._stranger(area, successor_ids, asked)
            or (loss(grounds, area_id, successor_ids) if successor_ids else None),
        )
        return self._carry_out([area], [(area.path, ends)], asked)

    def split(self, area_id: str, parts: Sequence[Part], asked: Asked) -> Changed:
        """End an area into new ones."""
        area = self._reached(area_id, asked)
        _check_ids([each.area_id for each in parts], "parts")
        _check_apart([each.area_id for each in parts], [area_id])
        effort = Effort(deadline=asked.deadline)
        defines = [self._defining(each, area, asked, effort) for each in parts]
        ids = tuple(each.area_id for each in parts)
        grounds = self._grounds([area_id], defines, asked)
        ends = EndArea(
            area_id=area_id,
            valid_until=asked.moment,
            successor_ids=ids,
            at=asked.at,
            objection=self._unfit(grounds, [area_id], defines) or loss(grounds, area_id, ids),
        )
        tasks = [(_path(area, each.area_id), each) for each in defines]
        return self._carry_out([area], [*tasks, (area.path, ends)], asked)

    def merge(self, area_ids: Sequence[str], into: Part, asked: Asked) -> Changed:
        """End areas into a new one; without a boundary it gets the ground of them all."""
        _check_ids(area_ids, "area_ids")
        _check_apart([into.area_id], area_ids)
        areas = [self._reached(each, asked) for each in area_ids]
        into = replace(into, boundary=into.boundary or self._grounds(area_ids, [], asked).joined(area_ids))
        define = self._defining(into, areas[0], asked, Effort(deadline=asked.deadline))
        grounds = self._grounds(area_ids, [define], asked)
        tasks: list[tuple[AreaPath, AreaCommand]] = [(_path(areas[0], into.area_id), define)]
        unfit = self._unfit(grounds, area_ids, [define])
        for area in areas:
            objection = unfit
            if (area.parent_id, area.level) != (areas[0].parent_id, areas[0].level):
                objection = area_refusals.successor_is_unfit(into.area_id, f"{area.area_id} lies elsewhere")
            ends = EndArea(
                area_id=area.area_id,
                valid_until=asked.moment,
                successor_ids=(into.area_id,),
                at=asked.at,
                objection=objection or loss(grounds, area.area_id, [into.area_id]),
            )
            tasks.append((area.path, ends))
        return self._carry_out(areas, tasks, asked)

    def _reached(self, area_id: str, asked: Asked) -> Defined:
        area = defined(self.areas.stream, area_id)
        asked.permit(Jurisdiction(area_path=parent_of(area.path)))
        return area

    def _defining(self, part: Part, area: Defined, asked: Asked, effort: Effort) -> DefineArea:
        """A new area beside another one."""
        above = above_of(defined(self.areas.stream, area.parent_id)) if area.parent_id else None
        path = _path(area, part.area_id)
        return DefineArea(
            area_id=part.area_id,
            parent=above,
            level=area.level,
            name=part.name,
            boundary=self.areas.drawn(path, part.boundary, asked.moment, asked.at, asked.permit, effort),
            at=asked.at,
        )

    def _grounds(self, area_ids: Sequence[str], defines: Sequence[DefineArea], asked: Asked) -> Grounds:
        """The ground of areas that are there, and of new ones."""
        grounds = Grounds.of(self.areas.locating.atlas(), area_ids, asked.since)
        return grounds.with_new({each.area_id: each.boundary.boundary for each in defines if each.boundary})

    def _unfit(self, grounds: Grounds, area_ids: Sequence[str], new: Sequence[DefineArea]) -> Refusal | None:
        """New areas that are there already, or whose ground cannot be that of the areas that end."""
        for each in new:
            if isinstance(self.areas.stream.load(each.area_id).state, Defined):
                return area_refusals.successor_is_unfit(each.area_id, "an area has this id: give a new one")
        return misfit(grounds, area_ids, new)

    def _orphaned(self, area: Defined, asked: Asked) -> Refusal | None:
        """An end after that of the area above."""
        above = defined(self.areas.stream, area.parent_id) if area.parent_id else None
        if above is None or above.valid_until is None or above.valid_until >= asked.since:
            return None
        return area_refusals.area_ends(above.area_id, above.valid_until, field="valid_until_time")

    def _stranger(self, area: Defined, successor_ids: Sequence[str], asked: Asked) -> Refusal | None:
        """A successor that is not beside the area at that moment."""
        for each in successor_ids:
            successor = defined(self.areas.stream, each, "successor_area_ids")
            if each == area.area_id or (successor.parent_id, successor.level) != (area.parent_id, area.level):
                return area_refusals.successor_is_unfit(each, "it is no other area of this level and parent")
            if successor.has_ended(asked.since):
                return area_refusals.successor_is_unfit(each, "it ends before, or at the same moment")
        return None

    def _carry_out(
        self, ending: Sequence[Defined], tasks: Sequence[tuple[AreaPath, AreaCommand]], asked: Asked
    ) -> Changed:
        """All or nothing; or nothing, if the caller only asked."""
        paths = [each.path for each in ending]
        tasks = [(path, self._hindered(command, asked)) for path, command in tasks]
        left = Left(
            grants=sum(map(self.grants.count_within, paths)),
            clients=sum(map(self.clients.count_within, paths)),
            bodies=sum(map(self.bodies.count_within, paths)),
        )
        handled = self._validated(tasks) if asked.validate_only else self._handled(tasks, asked)
        states = {command.area_id: state for (_, command), (state, _) in zip(tasks, handled, strict=True)}
        ended = [states.pop(each.area_id) for each in ending]
        revision = handled[-1][1]
        return Changed(ended=ended, new=list(states.values()), left=left, revision=revision)

    def _hindered(self, command: AreaCommand, asked: Asked) -> AreaCommand:
        """The command, with what in the tree stands against it."""
        if not isinstance(command, EndArea):
            return command
        around = self.areas.reads.around(command.area_id, asked.at)
        return replace(command, objection=_hindrance(around, asked) or command.objection)

    def _validated(self, tasks: Sequence[tuple[AreaPath, AreaCommand]]) -> list[tuple[Area, str]]:
        """The states that would be. Raises what would be refused."""
        found: list[tuple[Area, str]] = []
        for _, command in tasks:
            state = self.areas.stream.load(command.area_id).state
            found.append((AREA.fold(AREA.decide(command, state), state), ""))
        return found

    def _handled(self, tasks: Sequence[tuple[AreaPath, AreaCommand]], asked: Asked) -> list[tuple[Area, str]]:
        stream = self.areas.stream
        handled: list[Handled[Area, AreaEvent]] = handle_many(
            stream.ledger,
            [
                (stream, command.area_id, command, replace(asked.context, area=path))
                for path, command in tasks
            ],
        )
        return [(each.state, each.revision) for each in handled]


def _path(area: Defined, area_id: str) -> AreaPath:
    """The path of an area beside another one."""
    return below(parent_of(area.path), area_id)


def _check_ids(area_ids: Sequence[str], field: str) -> None:
    if len(set(area_ids)) < max(2, len(area_ids)):
        raise area_refusals.areas_are_too_few(field)


def _check_apart(new_ids: Sequence[str], area_ids: Sequence[str]) -> None:
    """An area that ended into itself would be gone for good."""
    for each in set(new_ids) & set(area_ids):
        raise area_refusals.successor_is_unfit(each, "it ends itself: give the new area an id of its own")


def _hindrance(around: Around, asked: Asked) -> Refusal | None:
    """Areas that would hang under nothing, or end into nothing."""
    orphans = [each.area_id for each in around.below if each.is_there(asked.since)]
    if orphans:
        return area_refusals.areas_are_below(orphans[0], len(orphans))
    waiting = [each for each in around.before if each.valid_until and each.valid_until >= asked.since]
    return area_refusals.area_is_awaited(waiting[0].area_id) if waiting else None
