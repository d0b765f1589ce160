"""Three parties write to each other; whoever is silent beyond the limit is escalated once."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from libs.ledger.decider import Refusal
from libs.ledger.personal import Personal
from libs.rules.due import Limit, Unit
from libs.rules.terms import MessageLimits
from libs.rules.working_time import Calendar, Versions
from services.cases.domain.answering import Counted, counted_by
from services.cases.domain.attached import Attached
from services.cases.domain.conversation import (
    CONVERSATION,
    MOST_UNANSWERED,
    Conversation,
    Matter,
    MessageOverdue,
    MessageSent,
    PassLimits,
    SendMessage,
    owed,
)
from services.cases.domain.explaining import explained
from services.cases.domain.values import Attachment, Party
from services.cases.tests.domain.history import MONDAY, OFFICE, PARKS, ROADS, STREET, after

LIN = "resident-lin"
MATTER = Matter(case_id="c41d", subject=LIN, area_path=STREET, body_id=ROADS, reporter_id=LIN)
LIMIT = timedelta(days=3)
"""The usual one for a department."""
JUST_AFTER = MONDAY + LIMIT + timedelta(seconds=1)


PROMISED = Counted(
    limits=MessageLimits(
        resident=Limit(amount=10, unit=Unit.CALENDAR_DAYS),
        community=Limit(amount=12, unit=Unit.WORKING_HOURS),
        department=Limit(amount=2, unit=Unit.CALENDAR_HOURS),
    ),
    calendar_id="office",
    calendar=OFFICE,
    known=17,
)
"""What a commitment of its own says."""


def asks(
    sender: Party = Party.RESIDENT, to: Party = Party.DEPARTMENT, *, matter: Matter = MATTER, **about: object
) -> SendMessage:
    """By default the resident asks the department."""
    told: dict[str, object] = {"text": "when do you come?", "counted": Counted(), "at": MONDAY, **about}
    return SendMessage(matter=matter, sender=sender, addressee=to, **told)  # type: ignore[arg-type]  # a test's short cut


def answers(message_id: str, **about: object) -> SendMessage:
    """The department answers the resident."""
    return asks(Party.DEPARTMENT, Party.RESIDENT, answers=message_id, **about)  # type: ignore[arg-type]  # the same


def asked() -> MessageSent:
    """The resident has asked the department."""
    return MessageSent(
        message_id="message-1",
        case_id="c41d",
        sender=Party.RESIDENT,
        addressee=Party.DEPARTMENT,
        area_path=STREET,
        text=Personal(LIN, "when do you come?"),
        at=MONDAY,
        body_id=ROADS,
        due_at=MONDAY + LIMIT,
        limit=Limit(amount=3, unit=Unit.CALENDAR_DAYS),
    )


def state(*events: MessageSent | MessageOverdue) -> Conversation:
    return CONVERSATION.fold(events)


def overdue() -> MessageOverdue:
    (event,) = CONVERSATION.decide(PassLimits(at=JUST_AFTER), state(asked()))
    assert isinstance(event, MessageOverdue)
    return event


def test_a_message_is_addressed_and_has_a_limit() -> None:
    assert CONVERSATION.decide(asks(), state()) == [asked()]


@pytest.mark.capability("004.11")
@pytest.mark.parametrize(
    ("sender", "addressee", "due_at"),
    [
        (Party.DEPARTMENT, Party.RESIDENT, after(days=10)),
        (Party.RESIDENT, Party.COMMUNITY, after(hours=24 + 4)),  # 12 hours of work: a day, and 4 hours
        (Party.RESIDENT, Party.DEPARTMENT, after(hours=2)),
    ],
)
def test_the_limit_of_each_party_is_the_one_of_the_terms(
    sender: Party, addressee: Party, due_at: datetime
) -> None:
    (sent,) = CONVERSATION.decide(asks(sender, addressee, counted=PROMISED), state())

    assert isinstance(sent, MessageSent)
    assert (sent.due_at, sent.calendar_id, sent.known) == (due_at, "office", 17)


@pytest.mark.capability("002.3")
def test_the_limit_for_an_answer_is_explained_by_what_was_counted() -> None:
    (sent,) = CONVERSATION.decide(asks(to=Party.COMMUNITY, counted=PROMISED), state())
    assert isinstance(sent, MessageSent)

    explanation = explained(owed(sent), sent.at, (), Versions.of(OFFICE))

    assert [(span.start, span.end) for span in explanation.spans] == [
        (MONDAY, after(hours=8)),
        (after(days=1), after(days=1, hours=4)),
    ]
    assert explanation.counted == timedelta(hours=12)


def test_a_file_that_is_named_twice_is_sent_once_and_is_whose_party_wrote() -> None:
    crack = Attachment(digest="c4" * 32, media_type="image/jpeg", size=81_234)
    twice = (crack, crack)

    for sender, to, owner in (
        (Party.RESIDENT, Party.DEPARTMENT, None),
        (Party.COMMUNITY, Party.DEPARTMENT, None),
        (Party.DEPARTMENT, Party.RESIDENT, ROADS),
    ):
        (sent,) = CONVERSATION.decide(asks(sender, to, attachments=twice), state())
        assert isinstance(sent, MessageSent)
        assert sent.attachments == (crack,)
        assert state(sent).attached == (Attached(digest=crack.digest, body_id=owner, at=MONDAY),)


def test_a_calendar_that_never_works_stops_no_message() -> None:
    """Nobody shuts a resident up by a calendar without working days: the limit counts day and night."""
    never = replace(PROMISED, calendar=Calendar(zone="UTC", week=((),) * 7))

    (sent,) = CONVERSATION.decide(asks(to=Party.COMMUNITY, counted=never), state())

    assert isinstance(sent, MessageSent)
    assert (sent.due_at, sent.calendar_id) == (after(hours=12), "")


def test_a_message_from_before_there_were_limits_in_terms_had_the_usual_one() -> None:
    older = replace(asked(), limit=None)

    assert owed(older).limit == Limit(amount=3, unit=Unit.CALENDAR_DAYS)
    with pytest.raises(Refusal, match="ANSWER_NOT_OWED"):
        owed(replace(older, due_at=None))


def test_an_answer_in_time_is_all_that_is_owed() -> None:
    (answer,) = CONVERSATION.decide(answers("message-1", at=after(hours=1)), state(asked()))

    assert isinstance(answer, MessageSent)
    assert (answer.answers, answer.due_at) == ("message-1", None)
    assert CONVERSATION.decide(PassLimits(at=JUST_AFTER), state(asked(), answer)) == []


def test_an_answer_may_ask_in_return() -> None:
    (answer,) = CONVERSATION.decide(answers("message-1", answer_wanted=True), state(asked()))

    assert isinstance(answer, MessageSent)
    assert answer.due_at == MONDAY + timedelta(days=7)


def test_a_silent_department_is_escalated_to_the_next_area_up_and_only_once() -> None:
    assert CONVERSATION.decide(PassLimits(at=MONDAY + LIMIT), state(asked())) == []

    event = overdue()

    assert (event.escalated_to, event.at, event.body_id) == ("city/harbour", MONDAY + LIMIT, ROADS)
    assert CONVERSATION.decide(PassLimits(at=after(days=300)), state(asked(), event)) == []


def test_a_silent_resident_is_for_the_community_to_reach() -> None:
    (question,) = CONVERSATION.decide(asks(Party.DEPARTMENT, Party.RESIDENT), state())
    assert isinstance(question, MessageSent)

    (event,) = CONVERSATION.decide(PassLimits(at=after(days=8)), state(question))

    assert isinstance(event, MessageOverdue)
    assert event.escalated_to == STREET


def test_a_late_answer_does_not_undo_that_it_was_late() -> None:
    late, answer = CONVERSATION.decide(answers("message-1", at=JUST_AFTER), state(asked()))

    assert late == overdue()
    assert isinstance(answer, MessageSent)
    assert [
        type(event)
        for event in CONVERSATION.decide(answers("message-1", at=JUST_AFTER), state(asked(), overdue()))
    ] == [MessageSent]


def test_other_messages_of_a_silent_party_do_not_count_as_its_answer() -> None:
    """A lazy body that writes something else still owes the answer."""
    (chatter,) = CONVERSATION.decide(asks(Party.DEPARTMENT, Party.RESIDENT, text="hello"), state(asked()))
    assert isinstance(chatter, MessageSent)

    passed = CONVERSATION.decide(PassLimits(at=JUST_AFTER), state(asked(), chatter))

    assert [event.message_id for event in passed] == ["message-1"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (answers("message-9"), "MESSAGE_NOT_WAITING"),
        (asks(Party.COMMUNITY, Party.RESIDENT, answers="message-1"), "MESSAGE_NOT_WAITING"),
        (asks(Party.DEPARTMENT, Party.COMMUNITY, answers="message-1"), "MESSAGE_NOT_WAITING"),
        (asks(Party.RESIDENT, Party.RESIDENT), "MESSAGE_TO_ONESELF"),
        (
            asks(matter=Matter(case_id="c", subject="c", area_path=STREET, body_id=None, reporter_id=LIN)),
            "PARTY_NOT_THERE",
        ),
        (
            asks(
                Party.DEPARTMENT,
                Party.RESIDENT,
                matter=Matter(case_id="c", subject="c", area_path=STREET, body_id=ROADS, reporter_id=None),
            ),
            "PARTY_NOT_THERE",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused(command: SendMessage, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        CONVERSATION.decide(command, state(asked()))

    assert refused.value.code == code


def test_an_answered_message_is_not_answered_twice() -> None:
    (answer,) = CONVERSATION.decide(answers("message-1"), state(asked()))
    assert isinstance(answer, MessageSent)

    with pytest.raises(Refusal, match="MESSAGE_NOT_WAITING"):
        CONVERSATION.decide(answers("message-1"), state(asked(), answer))


def test_a_party_does_not_flood_another_with_questions() -> None:
    flooded = state()
    for _ in range(MOST_UNANSWERED):
        flooded = CONVERSATION.fold(CONVERSATION.decide(asks(), flooded), flooded)

    with pytest.raises(Refusal, match="TOO_MANY_UNANSWERED"):
        CONVERSATION.decide(asks(), flooded)
    assert CONVERSATION.decide(answers("message-1"), flooded)


def test_nobody_is_kept_from_writing_because_a_calendar_is_not_known_here() -> None:
    limits = PROMISED.limits

    [sent] = CONVERSATION.decide(asks(counted=counted_by(limits, "lost", {}, 17)), state())

    assert isinstance(sent, MessageSent)
    assert (sent.due_at, sent.calendar_id) == (MONDAY + timedelta(hours=2), "")
    assert counted_by(limits, "office", {"office": OFFICE}, 17) == PROMISED


def test_a_silent_department_does_not_keep_the_resident_from_writing_to_the_community() -> None:
    silent = state()
    for _ in range(MOST_UNANSWERED):
        silent = CONVERSATION.fold(CONVERSATION.decide(asks(), silent), silent)

    assert CONVERSATION.decide(asks(to=Party.COMMUNITY), silent)


def test_a_body_that_floods_the_resident_does_not_keep_the_next_one_from_asking() -> None:
    flooded = state()
    for _ in range(MOST_UNANSWERED):
        ask = asks(Party.DEPARTMENT, Party.RESIDENT)
        flooded = CONVERSATION.fold(CONVERSATION.decide(ask, flooded), flooded)

    theirs = replace(MATTER, body_id=PARKS)
    assert CONVERSATION.decide(asks(Party.DEPARTMENT, Party.RESIDENT, matter=theirs), flooded)


# -- whatever everybody writes ----------------------------------------------------------------------

parties = st.sampled_from(Party)
MINUTES = st.integers(0, 60 * 24 * 10)
writes = st.tuples(
    parties, parties, st.sampled_from([ROADS, PARKS]), st.integers(0, 12), st.booleans(), MINUTES
)
passes = st.tuples(st.just("pass"), MINUTES)


@for_all(st.lists(writes | passes, max_size=40))
def test_whatever_is_written_each_silence_is_told_once_and_no_answer_in_time_is_called_late(
    acts: list[Any],
) -> None:
    history: list[MessageSent | MessageOverdue] = []
    for act in sorted(acts, key=lambda act: act[-1]):
        with suppress(Refusal):
            history += CONVERSATION.decide(_command(act), CONVERSATION.fold(history))
    history += CONVERSATION.decide(PassLimits(at=after(days=90)), CONVERSATION.fold(history))

    sent = {event.message_id: event for event in history if isinstance(event, MessageSent)}
    answered = {event.answers: event.at for event in sent.values() if event.answers}
    late = [event.message_id for event in history if isinstance(event, MessageOverdue)]
    asking = {event.message_id: event.due_at for event in sent.values() if event.due_at}
    assert sorted(late) == sorted(
        asked_id for asked_id, due_at in asking.items() if answered.get(asked_id, NEVER) > due_at
    )


NEVER = after(days=9999)


def _command(act: Any) -> SendMessage | PassLimits:
    at = after(minutes=act[-1])
    if act[0] == "pass":
        return PassLimits(at=at)
    sender, to, body_id, answered, wanted, _ = act
    fields = {"answers": f"message-{answered}" if answered else None, "answer_wanted": wanted, "at": at}
    return asks(sender, to, matter=replace(MATTER, body_id=body_id), **fields)
