"""What the catalog does about identity's events: it keeps in mind which areas and bodies there are."""

from linli.identity.v1 import identity_events_pb2, identity_types_pb2

from libs.forgetting.telling import forget
from libs.ledger.noted import Note
from libs.messaging.reactions import Answers, Fact, Reaction, Reactions, Subscriptions
from libs.rpc.enums import EnumWords
from libs.rpc.moments import moment
from libs.rpc.texts import text_of
from libs.rules.areas import AreaPath
from services.catalog.domain.noted import AREA, BODY, AreaEndNoted, AreaNoted, BodyNoted

LEVELS = EnumWords(identity_types_pb2.AreaLevel)
BODY_KINDS = EnumWords(identity_types_pb2.BodyKind)


def when_area_named(
    event: identity_events_pb2.AreaDefined | identity_events_pb2.AreaRenamed, _fact: Fact
) -> Reactions:
    """An area may be cited from now on, under this name."""
    noted = AreaNoted(
        area_id=event.area_id,
        parent_id=event.parent_id,
        path=AreaPath(event.area_path),
        level=LEVELS.word(event.level),
        name=text_of(event.name),
    )
    return [Reaction(AREA, event.area_id, Note(noted))]


def when_area_ended(event: identity_events_pb2.AreaEnded, _fact: Fact) -> Reactions:
    """From then on nobody need answer there; what was assigned holds for what happened there."""
    noted = AreaEndNoted(area_id=event.area_id, valid_until=moment(event.valid_until_time))
    return [Reaction(AREA, event.area_id, Note(noted))]


def when_body_registered(event: identity_events_pb2.BodyRegistered, _fact: Fact) -> Reactions:
    """A body may be cited from now on."""
    noted = BodyNoted(
        body_id=event.body_id,
        kind=BODY_KINDS.word(event.kind),
        name=text_of(event.name),
    )
    return [Reaction(BODY, event.body_id, Note(noted))]


def when_subject_erased(event: identity_events_pb2.SubjectErased, fact: Fact) -> Answers:
    """The reasons that the person typed here can be read no longer."""
    return forget(event, fact)


SUBSCRIPTIONS: Subscriptions = {
    "identity": {
        identity_events_pb2.AreaDefined: when_area_named,
        identity_events_pb2.AreaRenamed: when_area_named,
        identity_events_pb2.AreaEnded: when_area_ended,
        identity_events_pb2.BodyRegistered: when_body_registered,
        identity_events_pb2.SubjectErased: when_subject_erased,
    },
}
