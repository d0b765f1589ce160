"""Use cases of the tree of affairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Loaded
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.rules.terms import Choice
from services.catalog.application.cited import AffairStream, Cited
from services.catalog.application.ports import AffairReads
from services.catalog.domain import refusals
from services.catalog.domain.affair import (
    Affair,
    AffairCommand,
    AffairEvent,
    DefineAffair,
    Defined,
    RetireAffair,
)

AffairHandled = Handled[Affair, AffairEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAffair:
    """An affair as a caller describes it."""

    affair_id: str
    parent_id: str
    name: Text
    anonymous_allowed: bool
    keywords: tuple[str, ...]
    outcomes: tuple[Choice, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Affairs:
    """What can be done with affairs."""

    stream: AffairStream
    cited: Cited
    reads: AffairReads

    def define(self, new: NewAffair, context: Context) -> AffairHandled:
        """Put an affair into the tree."""
        command = DefineAffair(
            affair_id=new.affair_id,
            parent=self.cited.affair(new.parent_id, "parent_id") if new.parent_id else None,
            name=new.name,
            anonymous_allowed=new.anonymous_allowed,
            keywords=new.keywords,
            outcomes=new.outcomes,
            at=new.at,
        )
        return self.stream.handle(new.affair_id, command, context)

    def change(self, command: AffairCommand, context: Context, if_revision: str) -> AffairHandled:
        """Rename it, or decide whether it may be reported without a name, or how its cases may end."""
        return self.stream.handle(command.affair_id, command, context, if_revision=if_revision or None)

    def retire(self, affair_id: str, at: datetime, context: Context, if_revision: str) -> AffairHandled:
        """End its use for new cases, unless one below it is in use.

        The view is asked as of now. An affair that is defined below it at the same moment may slip
        in; it goes on by itself.
        """
        affair = self.defined(affair_id).state
        now = Fresh.as_of_now(self.stream.ledger)
        part = "" if affair.retired else self.reads.part_in_use(affair.matter.path, now)
        command = RetireAffair(affair_id=affair_id, part=part, at=at)
        return self.stream.handle(affair_id, command, context, if_revision=if_revision or None)

    def defined(self, affair_id: str) -> Loaded[Defined]:
        """One affair as it is now. Refuses AFFAIR_UNKNOWN."""
        loaded = self.stream.load(affair_id)
        if not isinstance(loaded.state, Defined):
            raise refusals.affair_is_unknown(affair_id)
        return Loaded(state=loaded.state, version=loaded.version, position=loaded.position, life=loaded.life)

    def listed(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[Defined], str]:
        """A page of affairs."""
        return self.reads.listed(query, fresh)
