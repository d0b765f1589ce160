"""Use cases of the responsibility list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Loaded, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, permitting
from libs.rules.areas import AreaPath
from libs.rules.routing import Verdict, chosen_of, judge
from services.catalog.application.cited import Cited
from services.catalog.application.ports import Line, ResponsibilityReads, UnownedRow
from services.catalog.domain.responsibility import (
    AssignResponsibility,
    EndResponsibility,
    Item,
    Responsibilities,
    ResponsibilityCommand,
    ResponsibilityEvent,
    ReviseResponsibility,
)
from services.catalog.domain.values import Period, pair_id, pair_of

ResponsibilityStream = Stream[ResponsibilityCommand, Responsibilities, ResponsibilityEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item as a caller describes it."""

    affair_id: str
    area_id: str
    body_id: str
    legal_basis: str
    helper_ids: tuple[str, ...]
    period: Period
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Who answers, and for which question."""

    trace: tuple[tuple[Line, Verdict], ...]
    affair_path: str
    area_path: AreaPath

    @property
    def chosen(self) -> Line | None:
        """The line that says who answers; None: nobody does."""
        return chosen_of(self.trace)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityList:
    """What can be done with the list."""

    stream: ResponsibilityStream
    cited: Cited
    reads: ResponsibilityReads

    def assign(self, new: NewItem, context: Context, permit: Permit) -> Loaded[Item]:
        """Make a body answer. The caller must reach the area."""
        area = self.cited.area(new.area_id)
        permit(Jurisdiction(area_path=area.path))
        self._bodies(new.body_id, new.helper_ids)
        command = AssignResponsibility(
            affair=self.cited.affair(new.affair_id),
            area=area,
            body_id=new.body_id,
            legal_basis=new.legal_basis,
            helper_ids=new.helper_ids,
            period=new.period,
            at=new.at,
        )
        context = replace(context, area=area.path)
        handled = self.stream.handle(pair_id(new.affair_id, new.area_id), command, context)
        return _item(handled, handled.state.items[-1].item_id)

    def revise(
        self, command: ReviseResponsibility, context: Context, if_revision: str, permit: Permit
    ) -> Loaded[Item]:
        """The next version of an item. The caller must reach its area."""
        self.item(command.item_id)
        self._bodies(command.body_id, command.helper_ids)
        return self._change(command, context, if_revision, permit)

    def end(
        self, command: EndResponsibility, context: Context, if_revision: str, permit: Permit
    ) -> Loaded[Item]:
        """Give an item an end. The caller must reach its area."""
        self.item(command.item_id)
        return self._change(command, context, if_revision, permit)

    def item(self, item_id: str) -> Loaded[Item]:
        """One item with its versions. Refuses RESPONSIBILITY_UNKNOWN."""
        return _item(self.stream.load(pair_of(item_id)), item_id)

    def find(self, affair_id: str, area_id: str, at: datetime, fresh: Fresh) -> Answered:
        """Who answers for an affair in an area at a moment, and why."""
        affair, area = self.cited.affair(affair_id), self.cited.area(area_id)
        lines = self.reads.lines(affair.path, area.path, fresh)
        trace = judge(lines, affair.path, area.path, at)
        return Answered(trace=trace, affair_path=affair.path, area_path=area.path)

    def listed(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[Line], str]:
        """A page of what holds at a moment."""
        return self.reads.listed(query, at, fresh)

    def unowned(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[UnownedRow], str]:
        """A page of what nobody answers for at a moment."""
        return self.reads.unowned(query, at, fresh)

    def _bodies(self, body_id: str, helper_ids: tuple[str, ...]) -> None:
        self.cited.body(body_id)
        for helper_id in helper_ids:
            self.cited.body(helper_id, "helper_ids")

    def _change(
        self,
        command: ReviseResponsibility | EndResponsibility,
        context: Context,
        if_revision: str,
        permit: Permit,
    ) -> Loaded[Item]:
        item_id = command.item_id

        def of_the_item(known: Responsibilities) -> Jurisdiction:
            return jurisdiction_of(known.item(item_id))

        permitted = permitting(permit, of_the_item)
        handled = self.stream.handle(pair_of(item_id), command, context, permitted, if_revision or None)
        return _item(handled, item_id)


def jurisdiction_of(item: Item) -> Jurisdiction:
    """Whose grants cover an item: those for its area."""
    return Jurisdiction(area_path=item.area_path)


def area_of(known: Responsibilities) -> str | None:
    """The path of the area that the items of a pair are for."""
    return known.items[0].area_path if known.items else None


def _item(
    found: Loaded[Responsibilities] | Handled[Responsibilities, ResponsibilityEvent], item_id: str
) -> Loaded[Item]:
    return Loaded(
        state=found.state.item(item_id), version=found.version, position=found.position, life=found.life
    )
