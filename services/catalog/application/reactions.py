"""What the catalog does about identity's events: it keeps in mind which areas and bodies there are."""

from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as types

from libs.messaging.reactions import Fact, Reaction, Reactions
from libs.rpc.texts import text_of
from services.catalog.domain.commands import NoteArea, NoteBody
from services.catalog.domain.neighbours import AREA, BODY


def when_area_defined(event: identity.AreaDefined, fact: Fact) -> Reactions:
    """An area may be cited from now on."""
    command = NoteArea(
        area_id=event.area_id,
        parent_id=event.parent_id,
        path=event.area_path,
        level=types.AreaLevel.Name(event.level).removeprefix("AREA_LEVEL_").lower(),
        name=text_of(event.name),
        at=fact.time,
    )
    return [Reaction(AREA, event.area_id, command)]


def when_body_registered(event: identity.BodyRegistered, fact: Fact) -> Reactions:
    """A body may be cited from now on."""
    command = NoteBody(
        body_id=event.body_id,
        kind=types.BodyKind.Name(event.kind).removeprefix("BODY_KIND_").lower(),
        name=text_of(event.name),
        at=fact.time,
    )
    return [Reaction(BODY, event.body_id, command)]
