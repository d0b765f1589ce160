"""What the catalog keeps in mind of identity: which areas and bodies there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.ledger.decider import Decider
from services.catalog.domain.commands import NoteArea, NoteBody
from services.catalog.domain.events import AreaNoted, BodyNoted
from services.catalog.domain.values import AreaRef


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nothing has been heard of it."""


@dataclass(frozen=True, slots=True)
class KnownArea:
    """An area that exists, as last heard of."""

    noted: AreaNoted

    @property
    def ref(self) -> AreaRef:
        """What commands cite of it."""
        return AreaRef(area_id=self.noted.area_id, path=self.noted.path)


@dataclass(frozen=True, slots=True)
class KnownBody:
    """A body that exists, as last heard of."""

    noted: BodyNoted


Area = Unheard | KnownArea
Body = Unheard | KnownBody


def note_area(command: NoteArea, area: Area) -> Sequence[AreaNoted]:
    """Heard again, word for word: nothing new."""
    noted = AreaNoted(
        area_id=command.area_id,
        parent_id=command.parent_id,
        path=command.path,
        level=command.level,
        name=command.name,
    )
    return [] if area == KnownArea(noted) else [noted]


def note_body(command: NoteBody, body: Body) -> Sequence[BodyNoted]:
    """Heard again, word for word: nothing new."""
    noted = BodyNoted(body_id=command.body_id, kind=command.kind, name=command.name)
    return [] if body == KnownBody(noted) else [noted]


def _area_after(area: Area, event: AreaNoted) -> Area:  # noqa: ARG001 # what was heard last counts
    return KnownArea(event)


def _body_after(body: Body, event: BodyNoted) -> Body:  # noqa: ARG001 # what was heard last counts
    return KnownBody(event)


AREA: Decider[NoteArea, Area, AreaNoted] = Decider(
    category="area", initial=Unheard(), decide=note_area, evolve=_area_after
)
BODY: Decider[NoteBody, Body, BodyNoted] = Decider(
    category="body", initial=Unheard(), decide=note_body, evolve=_body_after
)
