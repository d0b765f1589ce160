"""What the catalog does about identity's events."""

from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.text import Text
from libs.messaging.reactions import Fact, Reaction
from services.catalog.application.reactions import when_area_defined, when_body_registered
from services.catalog.domain.commands import NoteArea, NoteBody
from services.catalog.domain.neighbours import AREA, BODY
from services.catalog.tests.domain.stories import NOW

FACT = Fact(
    source="linli://test/identity",
    event_id="e-1",
    type="",
    subject="",
    subject_version=1,
    sequence=1,
    time=NOW,
    recorded_time=NOW,
)


def test_an_area_is_noted_with_its_path_and_level() -> None:
    event = identity.AreaDefined(
        area_id="elm-street",
        parent_id="qingyuan",
        level=types.AREA_LEVEL_STREET,
        area_path="qingyuan/elm-street",
        name=LocalizedText(zh="榆树街"),
    )
    command = NoteArea(
        area_id="elm-street",
        parent_id="qingyuan",
        path="qingyuan/elm-street",
        level="street",
        name=Text(zh="榆树街"),
        at=NOW,
    )

    assert when_area_defined(event, FACT) == [Reaction(AREA, "elm-street", command)]


def test_a_body_is_noted_with_its_kind() -> None:
    event = identity.BodyRegistered(
        body_id="kitchen", kind=types.BODY_KIND_THIRD_PARTY_PROVIDER, name=LocalizedText(en="Kitchen")
    )
    command = NoteBody(body_id="kitchen", kind="third_party_provider", name=Text(en="Kitchen"), at=NOW)

    assert when_body_registered(event, FACT) == [Reaction(BODY, "kitchen", command)]


def test_what_was_heard_before_is_nothing_new() -> None:
    area = NoteArea(area_id="a", parent_id="", path="a", level="city", name=Text(), at=NOW)
    body = NoteBody(body_id="b", kind="residents_group", name=Text(), at=NOW)

    assert AREA.decide(area, AREA.fold(AREA.decide(area, AREA.initial))) == []
    assert BODY.decide(body, BODY.fold(BODY.decide(body, BODY.initial))) == []
