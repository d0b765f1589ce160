"""What the cases that people reported lead to."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types

from libs.messaging.reactions import Fact, Reaction
from libs.rpc.moments import stamp
from libs.testkit.readme import published_events
from services.identity.domain.noted import CaseNoted
from services.identity.domain.notice import NOTICE, NoteCase, NoticeKind, NoticeQueued, QueueNotice
from services.identity.domain.webhook import STREAM, WEBHOOK, CaseEventHeard
from services.identity.entrypoints.reactions import (
    SUBSCRIPTIONS,
    TOLD,
    when_case_closed,
    when_case_opened,
    when_case_paused,
    when_case_rejected,
    when_case_resolved,
    when_deadline_breached,
    when_message_sent,
    when_moment_annulled,
    when_note_added,
    when_pause_requested,
)
from services.identity.entrypoints.receipt import FORGOTTEN
from services.identity.entrypoints.wire.webhook import heard_of

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8").partition("## Tells")[2]
AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
LATER = AT + timedelta(days=7)
FACT = Fact(
    source="linli://test/cases", event_id="e", type="t", subject="case-c1", subject_version=1, sequence=1,
    time=AT, recorded_time=AT,
)  # fmt: skip
OPENED = cases.CaseOpened(case_id="c1", public_id="LL-17", reporter_id="mei")
BREACHED = cases.DeadlineBreached(case_id="c1", clock=types.CLOCK_KIND_RESOLUTION)


def told(reactions: Any) -> QueueNotice:
    [reaction] = reactions
    assert (reaction.decider, reaction.id) == (NOTICE, "c1")
    assert isinstance(reaction.command, QueueNotice)
    return reaction.command


def test_a_reporter_who_is_known_is_remembered_and_told() -> None:
    noted, queued = when_case_opened(OPENED, FACT)

    case = CaseNoted(case_id="c1", public_id="LL-17", reporter_id="mei")
    assert (noted.decider, noted.id, noted.command) == (NOTICE, "c1", NoteCase(case=case))
    assert told([queued]).kind is NoticeKind.RECEIVED


def decided(commands: Sequence[Any]) -> list[type]:
    """The kinds of events that commands of one case lead to, in order."""
    state, kinds = NOTICE.initial, []
    for command in commands:
        for event in NOTICE.decide(command, state):
            kinds.append(type(event))
            state = NOTICE.evolve(state, event)
    return kinds


def test_an_anonymous_report_is_nobodys() -> None:
    assert when_case_opened(cases.CaseOpened(case_id="c1", public_id="LL-17", anonymous=True), FACT) == []


def test_imported_history_is_remembered_and_told_to_nobody() -> None:
    imported = replace(FACT, time=AT - timedelta(days=300))

    noted, received = when_case_opened(OPENED, imported)
    breached = when_deadline_breached(BREACHED, imported)

    assert decided([noted.command, received.command, told(breached)]) == [CaseNoted]


def test_what_happens_to_an_imported_case_from_now_on_is_told() -> None:
    imported = replace(FACT, time=AT - timedelta(days=300))
    noted, received = when_case_opened(OPENED, imported)

    breached = when_deadline_breached(BREACHED, FACT)

    assert decided([noted.command, received.command, told(breached)]) == [CaseNoted, NoticeQueued]


def test_a_breach_that_is_recorded_two_days_late_is_told() -> None:
    noted, received = when_case_opened(OPENED, FACT)

    late = when_deadline_breached(BREACHED, replace(FACT, event_id="f", time=AT - timedelta(days=2)))

    assert decided([noted.command, received.command, told(late)]) == [CaseNoted, NoticeQueued, NoticeQueued]


def test_that_a_breach_was_a_mistake_is_told_and_a_mistaken_warning_told_nobody_anything() -> None:
    breach = cases.MomentAnnulled(
        case_id="c1", clock=types.CLOCK_KIND_RESOLUTION, moment=types.MOMENT_KIND_BREACH
    )
    warning = cases.MomentAnnulled(case_id="c1", moment=types.MOMENT_KIND_WARNING)

    corrected = told(when_moment_annulled(breach, FACT))

    assert (corrected.kind, corrected.detail) == (NoticeKind.CORRECTED, "resolution")
    assert when_moment_annulled(warning, FACT) == []


def test_one_event_makes_one_notice_and_another_event_another() -> None:
    closed = cases.CaseClosed(case_id="c1", cause=types.CLOSING_SILENCE)

    first = told(when_case_closed(closed, FACT))
    again = told(when_case_closed(closed, FACT))
    other = told(when_case_closed(closed, replace(FACT, event_id="f")))

    assert first == again
    assert first.notice_id != other.notice_id


@pytest.mark.parametrize("party", [types.CASE_PARTY_COMMUNITY, types.CASE_PARTY_DEPARTMENT])
def test_what_the_resident_wrote_is_no_news_to_them(party: types.CaseParty.ValueType) -> None:
    assert when_message_sent(cases.MessageSent(case_id="c1", addressee=party), FACT) == []


def test_a_note_that_is_not_for_the_reporter_is_not_told() -> None:
    assert when_note_added(cases.NoteAdded(case_id="c1", to_reporter=False), FACT) == []
    assert told(when_note_added(cases.NoteAdded(case_id="c1", to_reporter=True), FACT)).kind is (
        NoticeKind.MESSAGE
    )


def test_a_notice_carries_until_when_to_act_and_why() -> None:
    resolved = cases.CaseResolved(case_id="c1", body_id="lasan", confirm_until_time=stamp(LATER))
    rejected = cases.CaseRejected(case_id="c1", reason_code="not-ours", reopen_until_time=stamp(LATER))
    breached = cases.DeadlineBreached(case_id="c1", clock=types.CLOCK_KIND_RESOLUTION)

    assert told(when_case_resolved(resolved, FACT)).until == LATER
    assert told(when_case_rejected(rejected, FACT)).detail == "not-ours"
    assert told(when_deadline_breached(breached, FACT)).detail == "resolution"


def test_a_pause_is_told_with_its_reason_and_its_end() -> None:
    asked = cases.PauseRequested(
        case_id="c1", body_id="lasan", reason_code="weather", until_time=stamp(LATER)
    )
    paused = cases.CasePaused(
        case_id="c1", body_id="lasan", reason_code="weather", lapse_until_time=stamp(LATER)
    )

    for pause in (told(when_pause_requested(asked, FACT)), told(when_case_paused(paused, FACT))):
        assert (pause.body_id, pause.detail, pause.until) == ("lasan", "weather", LATER)
    assert told(when_case_paused(paused, FACT)).kind is NoticeKind.PAUSED


def test_an_approved_pause_is_told_once_as_approved() -> None:
    approved = cases.CasePaused(case_id="c1", body_id="lasan", pause_id="p1", lapse_until_time=stamp(LATER))

    assert told(when_case_paused(approved, FACT)).kind is NoticeKind.PAUSE_APPROVED
    assert cases.PauseApproved not in TOLD


def addressed(message: type[Any]) -> Any:
    """An event that concerns the reporter, of a case that has one."""
    event = message(case_id="c1")
    if isinstance(event, cases.CaseOpened):
        event.reporter_id = "mei"
    if isinstance(event, cases.MessageSent):
        event.addressee = types.CASE_PARTY_RESIDENT
    if isinstance(event, cases.MomentAnnulled):
        event.moment = types.MOMENT_KIND_BREACH
    if isinstance(event, cases.NoteAdded):
        event.to_reporter = True
    return event


def test_the_readme_says_of_every_event_of_a_case_whether_it_is_told() -> None:
    heard = {message.DESCRIPTOR.name: when for message, when in TOLD.items()}
    rows = re.findall(r"^\| `(\w+)` \| (none|`\w+`(?:, `\w+`)*) \| [^|]+ \|$", README, re.MULTILINE)
    written = {name: set(re.findall(r"`(\w+)`", notices)) for name, notices in rows}

    assert set(written) == published_events(cases)
    for name, kinds in written.items():
        assert bool(kinds) == (name in heard), name
        if kinds:
            queued = heard[name](addressed(getattr(cases, name)), FACT)[-1].command  # type: ignore[union-attr]  # no Erasure here
            assert isinstance(queued, QueueNotice)
            assert queued.kind.value in kinds, name
    assert set().union(*written.values()) == {kind.value for kind in NoticeKind}


def test_webhooks_may_hear_of_every_event_of_a_case_and_of_no_person() -> None:
    fact = replace(FACT, event_id="e7", sequence=1024, subject_version=7, area_id="willow", incarnation=2)
    heard = {each: when for each, when in SUBSCRIPTIONS["cases"].items() if each not in FORGOTTEN}

    assert {message.DESCRIPTOR.name for message in heard} == published_events(cases)
    for message in heard:
        reaction = heard[message](addressed(message), fact)[0]
        assert isinstance(reaction, Reaction)
        assert (reaction.decider, reaction.id) == (WEBHOOK, STREAM)
        assert reaction.command.heard.kind == message.DESCRIPTOR.full_name
        assert "mei" not in repr(reaction)


def test_what_a_webhook_hears_of_an_event_are_ids_and_facts() -> None:
    origin = types.ExternalReference(system="myla311", number="1-17")
    opened = cases.CaseOpened(case_id="c1", public_id="LL-17", reporter_id="mei", external_reference=origin)
    fact = replace(FACT, event_id="e7", sequence=1024, subject_version=7, area_id="willow", incarnation=2)

    assert heard_of(opened, fact) == CaseEventHeard(
        event_id="e7",
        kind="linli.cases.v1.CaseOpened",
        case_id="c1",
        area_id="willow",
        body_ids=(),
        revision="r1024.7.2",
        system="myla311",
        number="1-17",
        happened_at=AT,
        recorded_at=AT,
    )
    moved = cases.CaseReassigned(case_id="c1", from_body_id="lasan", body_id="bss")
    assert heard_of(moved, fact).body_ids == ("bss", "lasan")
