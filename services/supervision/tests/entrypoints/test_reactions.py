"""What supervision does about its neighbours' events."""

from datetime import datetime
from typing import Any

import pytest
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity
from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.forgotten import FORGETTING, HearErasure
from libs.ledger.noted import Note
from libs.messaging.reactions import Erasure, Reaction
from libs.rpc.moments import stamp
from libs.rules.areas import AreaPath
from libs.testkit.clocks import moment
from libs.testkit.readme import published_events
from services.supervision.application.trail import TYPES
from services.supervision.domain.case_record import CASE_RECORD
from services.supervision.domain.case_record.events import BreachNoted, OpeningNoted
from services.supervision.domain.noted import AreaEndNoted, NameNoted
from services.supervision.domain.values import ClockKind, Named
from services.supervision.entrypoints import reactions
from services.supervision.entrypoints.reactions import CASE_EVENTS
from services.supervision.tests.published import SOURCE, TRACEPARENT, fact, opened
from services.supervision.wiring import SERVICE

NOON = moment("2020-01-03 12:00")
LATER = moment("2020-01-03 18:00")


def reaction_to(message: Any, *, version: int = 1, at: datetime = NOON, **about: Any) -> Any:
    when = SERVICE.subscriptions["cases"][type(message)]
    [reaction] = when(message, fact(message, version=version, at=at, **about))
    return reaction


OF_NO_CONCERN = {
    *("CaseContentErased", "CaseEscalated", "EscalationAcknowledged"),
    *("MessageSent", "MessageOverdue", "PauseWarned"),
}
"""Supervision never had texts of a case, so none to forget. It counts breaches, not who is told of what."""


def test_every_event_of_a_case_is_subscribed_that_concerns_supervision() -> None:
    subscribed = {message.DESCRIPTOR.name for message in SERVICE.subscriptions["cases"]}

    assert subscribed == published_events(cases) - OF_NO_CONCERN


@pytest.mark.parametrize("message_type", CASE_EVENTS, ids=lambda each: each.__name__)
def test_each_event_of_a_case_is_noted_in_its_record_under_its_own_type(message_type: type) -> None:
    message: Any = message_type(case_id="c1")
    if "clock" in message.DESCRIPTOR.fields_by_name:
        message.clock = types.CLOCK_KIND_RESOLUTION
    if "moment" in message.DESCRIPTOR.fields_by_name:
        message.moment = types.MOMENT_KIND_BREACH

    if "state" in message.DESCRIPTOR.fields_by_name:
        message.state = types.CASE_STATE_ROUTED

    reaction = reaction_to(message)

    assert (reaction.decider, reaction.id) == (CASE_RECORD, "c1")
    assert TYPES[type(reaction.command.fact)] == message.DESCRIPTOR.full_name


def test_an_opening_is_noted_with_what_was_promised() -> None:
    message = opened("c1", NOON, due=LATER, channel=types.CHANNEL_PHONE_OPERATOR, assisted=True)

    noted = reaction_to(message).command.fact

    assert isinstance(noted, OpeningNoted)
    assert (noted.due_at, noted.first_response_due_at) == (LATER, None)
    assert (noted.channel, noted.assisted, noted.reporter_id) == ("phone_operator", True, "resident-7")


def test_a_channel_that_this_release_does_not_know_is_noted_by_its_number() -> None:
    message = opened("c1", NOON)
    message.channel = 77  # type: ignore[assignment]  # enums are open on the wire

    assert reaction_to(message).command.fact.channel == "77"


def test_a_fact_keeps_who_why_and_under_which_trace() -> None:
    message = cases.CaseReturned(case_id="c1", body_id="lasan", returned_time=stamp(NOON))

    origin = reaction_to(
        message, reason="not our street", on_behalf_of="resident-7", sequence=9
    ).command.fact.origin

    assert (origin.source, origin.sequence, origin.version) == (SOURCE, 9, 1)
    assert (origin.actor, origin.reason, origin.on_behalf_of) == ("staff-4", "not our street", "resident-7")
    assert origin.traceparent == TRACEPARENT


def test_the_moment_of_a_breach_is_its_own_and_not_that_of_the_command_that_noticed_it() -> None:
    message = cases.DeadlineBreached(
        case_id="c1", clock=types.CLOCK_KIND_FIRST_RESPONSE, breached_time=stamp(NOON)
    )

    noted = reaction_to(message, version=3, at=LATER).command.fact

    assert isinstance(noted, BreachNoted)
    assert (noted.origin.at, noted.clock, noted.body_id) == (NOON, ClockKind.FIRST_RESPONSE, None)


def test_names_are_noted_in_streams_of_their_own() -> None:
    area = identity.AreaDefined(
        area_id="south", area_path="la/south", name=LocalizedText(zh="南区", en="South")
    )
    affair = catalog.AffairChanged(
        affair_id="meals", affair_path="assistance/meals", name=LocalizedText(en="Meals")
    )

    [area_reaction] = reactions.when_area_named(area, fact(area, version=1, at=NOON))
    [affair_reaction] = reactions.when_affair_named(affair, fact(affair, version=2, at=NOON))

    noted_area = NameNoted(named=Named.AREA, id="south", path="la/south", zh="南区", en="South")
    assert (area_reaction.id, area_reaction.command) == ("area:south", Note(noted_area))
    noted_affair = NameNoted(named=Named.AFFAIR, id="meals", path="assistance/meals", zh="", en="Meals")
    assert (affair_reaction.id, affair_reaction.command) == ("affair:meals", Note(noted_affair))


def test_an_area_is_shown_under_its_newest_name() -> None:
    renamed = identity.AreaRenamed(area_id="south", area_path="la/south", name=LocalizedText(en="Riverside"))

    [reaction] = reactions.when_area_named(renamed, fact(renamed, version=2, at=NOON))

    noted = NameNoted(named=Named.AREA, id="south", path="la/south", zh="", en="Riverside")
    assert (reaction.id, reaction.command) == ("area:south", Note(noted))


def test_the_end_of_an_area_is_noted_with_what_comes_after_it() -> None:
    ended = identity.AreaEnded(
        area_id="south",
        area_path="la/south",
        valid_until_time=stamp(LATER),
        successor_area_ids=["bay"],
    )

    [reaction] = reactions.when_area_ended(ended, fact(ended, version=3, at=NOON))

    noted = AreaEndNoted(
        area_id="south", path=AreaPath("la/south"), valid_until=LATER, successor_ids=("bay",)
    )
    assert (reaction.id, reaction.command) == ("area:south", Note(noted))


def test_an_erased_person_is_forgotten_here_too() -> None:
    erased = identity.SubjectErased(subject_id="resident-7", has_receipt=True)

    assert reactions.when_subject_erased(erased, fact(erased, version=1, at=NOON)) == [
        Erasure(subject="resident-7"),
        Reaction(FORGETTING, "resident-7", HearErasure(subject_id="resident-7", at=NOON, has_receipt=True)),
    ]
