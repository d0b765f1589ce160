"""What the catalog does about identity's events."""

from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.noted import Note
from libs.ledger.text import Text
from libs.messaging.reactions import Fact, Reaction
from libs.rules.areas import AreaPath
from services.catalog.domain.noted import AREA, BODY, AreaFact, AreaNoted, BodyNoted
from services.catalog.entrypoints.reactions import when_area_named, when_body_registered
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
    noted = AreaNoted(
        area_id="elm-street",
        parent_id="qingyuan",
        path=AreaPath("qingyuan/elm-street"),
        level="street",
        name=Text(zh="榆树街"),
    )

    command: Note[AreaFact] = Note(noted)
    assert when_area_named(event, FACT) == [Reaction(AREA, "elm-street", command)]


def test_a_renamed_area_is_noted_under_its_newest_name() -> None:
    event = identity.AreaRenamed(
        area_id="elm-street",
        parent_id="qingyuan",
        level=types.AREA_LEVEL_STREET,
        area_path="qingyuan/elm-street",
        name=LocalizedText(zh="梧桐街"),
    )

    [reaction] = when_area_named(event, FACT)

    assert reaction.id == "elm-street"
    assert reaction.command.fact.name == Text(zh="梧桐街")
    assert reaction.command.fact.path == "qingyuan/elm-street"


def test_a_body_is_noted_with_its_kind() -> None:
    event = identity.BodyRegistered(
        body_id="kitchen", kind=types.BODY_KIND_THIRD_PARTY_PROVIDER, name=LocalizedText(en="Kitchen")
    )
    noted = BodyNoted(body_id="kitchen", kind="third_party_provider", name=Text(en="Kitchen"))

    assert when_body_registered(event, FACT) == [Reaction(BODY, "kitchen", Note(noted))]


def test_what_was_heard_before_is_nothing_new() -> None:
    area: Note[AreaFact] = Note(
        AreaNoted(area_id="a", parent_id="", path=AreaPath("a"), level="city", name=Text())
    )
    body = Note(BodyNoted(body_id="b", kind="residents_group", name=Text()))

    assert AREA.decide(area, AREA.fold(AREA.decide(area, AREA.initial))) == []
    assert BODY.decide(body, BODY.fold(BODY.decide(body, BODY.initial))) == []
