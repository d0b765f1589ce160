"""What supervision does about the events of identity and catalog: it notes names, and forgets persons."""

from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity
from linli.types.v1.types_pb2 import LocalizedText

from libs.messaging.reactions import Answers, Erasure, Fact, Reaction, Reactions
from services.supervision.domain.names import NAME, NameNoted, NoteName, stream_id
from services.supervision.domain.values import Named


def when_area_defined(event: identity.AreaDefined, _fact: Fact) -> Reactions:
    """An area has a name and a place in the tree."""
    return _note(Named.AREA, event.area_id, event.area_path, event.name)


def when_body_registered(event: identity.BodyRegistered, _fact: Fact) -> Reactions:
    """A body has a name."""
    return _note(Named.BODY, event.body_id, event.body_id, event.name)


def when_subject_erased(event: identity.SubjectErased, _fact: Fact) -> Answers:
    """The comments of the person can be read no longer."""
    return [Erasure(subject=event.subject_id)]


def when_affair_defined(event: catalog.AffairDefined, _fact: Fact) -> Reactions:
    """An affair has a name and a place in the tree."""
    return _note(Named.AFFAIR, event.affair_id, event.affair_path, event.name)


def when_affair_changed(event: catalog.AffairChanged, _fact: Fact) -> Reactions:
    """An affair may have another name."""
    return _note(Named.AFFAIR, event.affair_id, event.affair_path, event.name)


def _note(named: Named, subject_id: str, path: str, name: LocalizedText) -> Reactions:
    noted = NameNoted(named=named, id=subject_id, path=path, zh=name.zh, en=name.en)
    return [Reaction(NAME, stream_id(named, subject_id), NoteName(fact=noted))]
