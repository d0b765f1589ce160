"""Commands on streams: decided on the newest state, answered once, by whoever may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.recorded import Context, Draft, Recorded, utc_now
from libs.ledger.revision import Revision
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.streams.stream import Stream
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import (
    MAILBOX,
    Empty,
    Event,
    ForgetOwner,
    LetterPut,
    Mailbox,
    MailboxEmptied,
    NoMailbox,
    Open,
    Put,
    State,
    context,
)


@pytest.fixture
def opened(mailboxes: Mailboxes) -> str:
    mailboxes.handle("11", Open(owner="resident-1", name="Ada"), context("open-11"))
    return "11"


def test_a_command_appends_what_happens_and_answers_with_the_new_state(
    mailboxes: Mailboxes, opened: str
) -> None:
    handled = mailboxes.handle(opened, Put(letter="l-9"), context())

    assert handled.events == (LetterPut(letter="l-9"),)
    assert isinstance(handled.state, Mailbox)
    assert handled.state.letters == ("l-9",)
    assert (handled.version, handled.revision) == (2, "r2.2")


def test_many_streams_are_loaded_by_one_query(
    mailboxes: Mailboxes, ledger: Ledger, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailboxes.handle("12", Open(owner="resident-2", name="Bo"), context())
    mailboxes.handle("12", Put(letter="l-1"), context())
    for letter in range(300):  # so many that their state comes from a snapshot, or page by page
        mailboxes.handle(opened, Put(letter=f"l-{letter}"), context())
    ids = ["12", "nobodys", opened]
    one_by_one = [Stream(ledger, MAILBOX).load(each) for each in ids]
    queries: list[int] = []
    reading = ledger.read_streams

    def read_streams(after: dict[str, int], limit: int | None = None) -> dict[str, list[Recorded[Event]]]:
        queries.append(len(after))
        return reading(after, limit)

    monkeypatch.setattr(ledger, "read_streams", read_streams)

    assert Stream(ledger, MAILBOX).load_many(ids) == one_by_one
    assert mailboxes.load_many(ids) == one_by_one
    assert mailboxes.load_many([]) == []
    assert queries == [3, 3, 0]


def test_a_refused_command_appends_nothing(mailboxes: Mailboxes, ledger: Ledger) -> None:
    with pytest.raises(Refusal, match="MAILBOX_UNKNOWN"):
        mailboxes.handle("11", Put(letter="l-9"), context())

    assert ledger.head() == 0


def test_when_nothing_has_to_happen_the_answer_is_the_state_at_hand(
    mailboxes: Mailboxes, opened: str
) -> None:
    handled = mailboxes.handle(opened, Empty(), context())

    assert (handled.events, handled.version, handled.repeated) == ((), 1, False)


def test_metadata_tells_who_when_and_why(mailboxes: Mailboxes, opened: str) -> None:
    happened = datetime(2020, 1, 2, 3, 4, tzinfo=UTC)
    who = Context(
        actor="clerk-3",
        on_behalf_of="resident-1",
        consent_id="c-5",
        roles=("clerk",),
        area="la",
        reason="came to the desk",
        occurred_at=happened,
    )

    mailboxes.handle(opened, Put(letter="l-9"), who)

    recorded = mailboxes.history(opened)[-1]
    metadata = recorded.metadata
    assert (metadata.actor, metadata.on_behalf_of, metadata.consent_id) == ("clerk-3", "resident-1", "c-5")
    assert (metadata.roles, metadata.area, metadata.reason) == (("clerk",), "la", "came to the desk")
    assert metadata.occurred_at == happened
    assert recorded.recorded_at > happened


# Repetition


def test_a_repeated_request_gets_the_first_answer_and_appends_nothing(
    mailboxes: Mailboxes, opened: str, ledger: Ledger
) -> None:
    first = mailboxes.handle(opened, Put(letter="l-9"), context("put-1"))
    mailboxes.handle(opened, Put(letter="l-10"), context("put-2"))

    again = mailboxes.handle(opened, Put(letter="l-9"), context("put-1"))

    assert again == replace(first, repeated=True)
    assert again.state == first.state
    assert ledger.head() == 3


def test_a_repetition_that_reaches_another_process_gets_the_same_answer(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, opened: str
) -> None:
    others_mailboxes.load(opened)
    first = mailboxes.handle(opened, Put(letter="l-9"), context("put-1"))

    again = others_mailboxes.handle(opened, Put(letter="l-9"), context("put-1"))

    assert again == replace(first, repeated=True)
    assert again.state == first.state


def test_a_repeated_creation_finds_what_the_first_one_made(mailboxes: Mailboxes, opened: str) -> None:
    again = mailboxes.handle(
        opened, Open(owner="resident-1", name="Ada"), context("open-11"), expect_new=True
    )

    assert (again.version, again.repeated) == (1, True)


def test_what_has_changed_since_refuses_a_new_request_and_no_repeated_one(
    mailboxes: Mailboxes, opened: str
) -> None:
    def refuse() -> None:
        raise Refusal(Kind.PERMISSION, "CONSENT_NOT_VALID", "it was revoked")

    first = mailboxes.handle(opened, Put(letter="l-9"), context("put-1"))

    again = mailboxes.handle(opened, Put(letter="l-9"), context("put-1"), if_new=refuse)
    with pytest.raises(Refusal) as raised:
        mailboxes.handle(opened, Put(letter="l-8"), context("put-2"), if_new=refuse)

    assert again == replace(first, repeated=True)
    assert again.state == first.state
    assert raised.value.code == "CONSENT_NOT_VALID"


def test_the_same_request_id_with_other_content_is_refused(mailboxes: Mailboxes, opened: str) -> None:
    mailboxes.handle(opened, Put(letter="l-9"), context("put-1", digest="aaaa"))

    with pytest.raises(Refusal) as raised:
        mailboxes.handle(opened, Put(letter="l-8"), context("put-1", digest="bbbb"))

    assert (raised.value.code, raised.value.kind) == ("REQUEST_ID_REUSED", Kind.INVALID)


def test_what_was_in_a_request_cannot_be_guessed_from_what_is_kept(mailboxes: Mailboxes, opened: str) -> None:
    digest = "the digest of a request"

    first = mailboxes.handle(opened, Put(letter="l-9"), context("put-1", digest=digest))
    again = mailboxes.handle(opened, Put(letter="l-9"), context("put-1", digest=digest))

    kept = mailboxes.history(opened)[-1].metadata.request_digest
    assert kept not in {None, "", digest}
    assert (first.version, again.repeated) == (again.version, True)


def test_the_same_request_id_of_somebody_else_is_another_request(mailboxes: Mailboxes, opened: str) -> None:
    mailboxes.handle(opened, Put(letter="l-9"), context("put-1"))

    other = mailboxes.handle(opened, Put(letter="l-8"), context("put-1", actor="carrier-8"))

    assert not other.repeated
    assert len(other.events) == 1


def test_the_same_request_id_on_another_stream_is_another_request(mailboxes: Mailboxes, opened: str) -> None:
    mailboxes.handle("12", Open(owner="resident-2", name="Bo"), context("open-11"))

    assert mailboxes.load("12").version == 1


# Permission


def carriers_of_empty_boxes_only(state: State) -> None:
    if isinstance(state, Mailbox) and state.letters:
        raise Refusal(Kind.PERMISSION, "NOT_YOURS", "Ask the owner.")


def test_a_permit_is_asked_with_the_state_that_the_command_meets(mailboxes: Mailboxes, opened: str) -> None:
    mailboxes.handle(opened, Put(letter="l-9"), context(), carriers_of_empty_boxes_only)

    with pytest.raises(Refusal, match="NOT_YOURS"):
        mailboxes.handle(opened, Put(letter="l-10"), context(), carriers_of_empty_boxes_only)


def test_a_repetition_is_permitted_to_whom_the_first_time_was(mailboxes: Mailboxes, opened: str) -> None:
    mailboxes.handle(opened, Put(letter="l-9"), context("put-1"), carriers_of_empty_boxes_only)

    again = mailboxes.handle(opened, Put(letter="l-9"), context("put-1"), carriers_of_empty_boxes_only)

    assert again.repeated


def test_a_permit_sees_what_another_process_appended(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, opened: str
) -> None:
    others_mailboxes.handle(opened, Put(letter="l-9"), context())

    with pytest.raises(Refusal, match="NOT_YOURS"):
        mailboxes.handle(opened, Put(letter="l-10"), context(), carriers_of_empty_boxes_only)


# Revisions


def test_a_command_for_a_revision_that_has_passed_is_refused(mailboxes: Mailboxes, opened: str) -> None:
    seen = mailboxes.load(opened).revision
    mailboxes.handle(opened, Put(letter="l-9"), context(), if_revision=seen)

    with pytest.raises(Refusal) as raised:
        mailboxes.handle(opened, Put(letter="l-10"), context(), if_revision=seen)

    assert (raised.value.code, raised.value.kind) == ("REVISION_MISMATCH", Kind.CONFLICT)
    assert raised.value.facts == {"revision": "r2.2"}


def test_a_revision_of_another_stream_or_an_invented_one_is_none_of_this(
    mailboxes: Mailboxes, opened: str
) -> None:
    mine = mailboxes.load(opened)
    theirs = mailboxes.handle("12", Open(owner="resident-2", name="Bo"), context())
    invented = Revision(9999, mine.version, mine.life)
    assert theirs.version == mine.version

    for token in (theirs.revision, str(invented)):
        with pytest.raises(Refusal, match="REVISION_MISMATCH"):
            mailboxes.handle(opened, Put(letter="l-11"), context(), if_revision=token)

    mailboxes.handle(opened, Put(letter="l-11"), context(), if_revision=mine.revision)


def test_a_revision_seen_in_another_process_is_known_here(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, opened: str
) -> None:
    seen = others_mailboxes.handle(opened, Put(letter="l-9"), context()).revision

    handled = mailboxes.handle(opened, Put(letter="l-10"), context(), if_revision=seen)

    assert handled.version == 3


@pytest.mark.parametrize(
    "token", ["2", "r2", "r2.x", "r-1.2", " r1.2", "r1.2\n", "r" + "9" * 30 + ".1", "r١.٢"]
)
def test_a_malformed_revision_is_the_callers_fault(mailboxes: Mailboxes, opened: str, token: str) -> None:
    with pytest.raises(Refusal) as raised:
        mailboxes.handle(opened, Empty(), context(), if_revision=token)

    assert (raised.value.code, raised.value.field) == ("REVISION_MALFORMED", "if_revision")


@pytest.mark.parametrize("hostile", ["", "a\0b", "a b", "-1", "ä", "x" * 200, "a/b", "1\n"])
def test_an_id_that_nobody_gave_is_the_callers_fault(mailboxes: Mailboxes, hostile: str) -> None:
    with pytest.raises(Refusal) as raised:
        mailboxes.load(hostile)

    assert (raised.value.code, raised.value.kind) == ("ID_INVALID", Kind.INVALID)


# Others at work


def test_a_command_decided_on_an_old_state_is_decided_again(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, opened: str
) -> None:
    others_mailboxes.handle(opened, Put(letter="l-1"), context())

    handled = mailboxes.handle(opened, Put(letter="l-2"), context())

    assert handled.version == 3
    assert isinstance(handled.state, Mailbox)
    assert handled.state.letters == ("l-1", "l-2")


def test_no_refusal_is_given_for_a_state_that_has_passed(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes
) -> None:
    assert mailboxes.load("11").state == NoMailbox()
    others_mailboxes.handle("11", Open(owner="resident-1", name="Ada"), context())

    assert mailboxes.handle("11", Put(letter="l-1"), context()).version == 2


def test_nothing_happened_is_never_said_of_a_state_that_has_passed(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, opened: str
) -> None:
    others_mailboxes.handle(opened, Put(letter="l-1"), context())

    assert mailboxes.handle(opened, Empty(), context()).events == (MailboxEmptied(letters=("l-1",)),)


def test_after_three_conflicts_the_caller_is_told(ledger: Ledger, opened: str) -> None:
    def interfering(command: object, state: State) -> list[LetterPut]:
        version = len(ledger.read_stream("mailbox-11"))
        metadata = context().metadata(utc_now())
        draft = Draft(
            stream="mailbox-11", expected_version=version, events=[(LetterPut(letter="x"), metadata)]
        )
        ledger.append(Append(drafts=[draft]))
        return [LetterPut(letter="mine")]

    stream = Stream(ledger, replace(MAILBOX, decide=interfering))

    with pytest.raises(Refusal) as raised:
        stream.handle("11", Put(letter="mine"), context())

    assert (raised.value.code, raised.value.kind) == ("CONCURRENT_CHANGE", Kind.CONFLICT)
    assert all(one.event != LetterPut(letter="mine") for one in ledger.read())


# Looking back


def test_a_stream_is_loaded_as_of_a_version_or_a_moment(mailboxes: Mailboxes, opened: str) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    for day in range(3):
        mailboxes.handle(
            opened, Put(letter=f"l-{day}"), replace(context(), occurred_at=start + timedelta(days=day))
        )
    open_again = Stream(mailboxes.ledger, MAILBOX)

    by_version = open_again.load_at(opened, version=2).state
    known = open_again.load_at(opened, known_at=utc_now()).state

    assert isinstance(by_version, Mailbox)
    assert by_version.letters == ("l-0",)
    assert isinstance(known, Mailbox)
    assert known.letters == ("l-0", "l-1", "l-2")


def test_a_moment_of_the_past_shows_what_had_happened_by_then(mailboxes: Mailboxes) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    mailboxes.handle("11", Open(owner="resident-1", name="Ada"), replace(context(), occurred_at=start))
    for day in range(3):
        when = start + timedelta(days=day)
        mailboxes.handle("11", Put(letter=f"l-{day}"), replace(context(), occurred_at=when))

    state = mailboxes.load_at("11", at=start + timedelta(days=1, hours=1)).state

    assert isinstance(state, Mailbox)
    assert state.letters == ("l-0", "l-1")


def test_history_tells_every_event_in_order(mailboxes: Mailboxes, opened: str) -> None:
    mailboxes.handle(opened, Put(letter="l-9"), context())

    assert [one.name for one in mailboxes.history(opened)] == ["post.mailbox_opened.v1", "post.letter_put.v1"]


def test_a_repeated_request_about_somebody_erased_is_answered_where_nothing_is_cached(
    mailboxes: Mailboxes, ledger: Ledger
) -> None:
    opening = Open(owner="resident-1", name="Ada")
    first = mailboxes.handle("11", opening, context("move-in"))
    mailboxes.handle("11", ForgetOwner(), context())
    uncached = Stream(ledger, MAILBOX)

    again = uncached.handle("11", opening, context("move-in"), expect_new=True)

    assert (again.repeated, again.revision) == (True, first.revision)
    with pytest.raises(Refusal, match="SUBJECT_ERASED"):
        uncached.handle("12", opening, context("another"), expect_new=True)
