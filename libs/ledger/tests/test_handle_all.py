"""Several commands of one request to one stream, in one append: everything or nothing."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.ledger.decider import Kind, Refusal
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context
from libs.ledger.store.ledger import Append, Appended, Ledger
from libs.ledger.streams.stream import Step, Stream
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import (
    MAILBOX,
    Command,
    Empty,
    Event,
    Mailbox,
    MailboxEmptied,
    NoMailbox,
    Open,
    Put,
    State,
    context,
)

OPEN = Open(owner="resident-1", name="Ada")
MOVE_IN = context("move-in")


def steps(*commands: Command, within: Context = MOVE_IN) -> list[Step[Command, State]]:
    return [Step(command=command, context=within) for command in commands]


def test_each_step_meets_what_the_ones_before_it_left(mailboxes: Mailboxes) -> None:
    handled = mailboxes.handle_all("11", steps(OPEN, Put(letter="l-1"), Put(letter="l-2"), Empty()))

    assert handled.events[-1] == MailboxEmptied(letters=("l-1", "l-2"))
    assert (handled.version, handled.position) == (4, 4)
    assert mailboxes.load("11").version == 4


def test_they_are_appended_at_once(
    mailboxes: Mailboxes, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    appends: list[Append] = []

    def appending(append: Append) -> Appended:
        appends.append(append)
        return Ledger.append(ledger, append)

    monkeypatch.setattr(ledger, "append", appending)
    mailboxes.handle_all("11", steps(OPEN, Put(letter="l-1")), expect_new=True)

    assert [len(draft.events) for append in appends for draft in append.drafts] == [2]


def test_a_refusal_in_the_middle_says_which_step_and_keeps_everything_out(
    mailboxes: Mailboxes, ledger: Ledger
) -> None:
    with pytest.raises(Refusal, match="MAILBOX_OPEN") as refused:
        mailboxes.handle_all("11", steps(OPEN, Put(letter="l-1"), OPEN, Empty()))

    assert refused.value.facts == {"step": "2"}
    assert ledger.head() == 0
    assert mailboxes.load("11").version == 0


def test_a_refusal_of_a_single_command_names_no_step(mailboxes: Mailboxes) -> None:
    with pytest.raises(Refusal) as refused:
        mailboxes.handle("11", Empty(), context())

    assert refused.value.facts == {}


def test_repeated_it_gives_the_first_answer_and_appends_nothing(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, ledger: Ledger
) -> None:
    first = mailboxes.handle_all("11", steps(OPEN, Put(letter="l-1")))
    mailboxes.handle("11", Empty(), context())

    for each in (mailboxes, others_mailboxes):
        again = each.handle_all("11", steps(OPEN, Put(letter="l-1")))
        assert again == replace(first, repeated=True)
        assert again.state == first.state
    assert ledger.head() == 3


def test_its_id_is_good_for_no_other_request(mailboxes: Mailboxes, ledger: Ledger) -> None:
    mailboxes.handle_all("11", steps(OPEN, Put(letter="l-1")))

    with pytest.raises(Refusal, match="REQUEST_ID_REUSED") as refused:
        mailboxes.handle_all("11", steps(OPEN, within=context("move-in", digest="77aa")))

    assert "step" not in refused.value.facts
    assert ledger.head() == 2


def test_what_was_refused_may_be_asked_again_under_its_id(mailboxes: Mailboxes) -> None:
    with pytest.raises(Refusal):
        mailboxes.handle_all("11", steps(OPEN, OPEN))

    assert mailboxes.handle_all("11", steps(OPEN, within=context("move-in", digest="77aa"))).version == 1


def test_if_somebody_else_was_faster_all_steps_are_decided_again(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, ledger: Ledger
) -> None:
    mailboxes.handle("11", OPEN, context())
    interfered: list[bool] = []

    def interfere_once(command: Command, state: State) -> list[Event]:
        if not interfered:
            interfered.append(True)
            others_mailboxes.handle("11", Put(letter="theirs"), context())
        return list(MAILBOX.decide(command, state))

    racing = Stream(ledger, replace(MAILBOX, decide=interfere_once))

    handled = racing.handle_all("11", steps(Put(letter="ours"), Empty()))

    assert handled.events[-1] == MailboxEmptied(letters=("theirs", "ours"))
    assert mailboxes.load("11").version == 4


def test_what_was_taken_for_new_and_is_not_is_refused_by_what_is_there(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes
) -> None:
    others_mailboxes.handle("11", OPEN, context())

    with pytest.raises(Refusal, match="MAILBOX_OPEN") as refused:
        mailboxes.handle_all("11", steps(OPEN, Empty()), expect_new=True)

    assert refused.value.facts == {"step": "0"}


def test_each_permit_is_asked_on_the_state_that_its_step_meets(mailboxes: Mailboxes, ledger: Ledger) -> None:
    asked: list[State] = []

    def permit(state: State) -> None:
        asked.append(state)
        if has_letters(state):
            raise Refusal(Kind.PERMISSION, "MAILBOX_FULL", "Empty it first.")

    several = [replace(step, permit=permit) for step in steps(OPEN, Put(letter="l-1"), Empty())]
    with pytest.raises(Refusal, match="MAILBOX_FULL") as refused:
        mailboxes.handle_all("11", several)

    assert refused.value.facts == {"step": "2"}
    assert [type(state) for state in asked[-3:]] == [NoMailbox, Mailbox, Mailbox]
    assert ledger.head() == 0


def test_a_repetition_is_answered_to_whom_the_first_step_is_permitted(mailboxes: Mailboxes) -> None:
    mailboxes.handle_all("11", steps(OPEN, Put(letter="l-1")))
    asked: list[State] = []

    mailboxes.handle_all(
        "11", [replace(step, permit=asked.append) for step in steps(OPEN, Put(letter="l-1"))]
    )

    assert [type(state) for state in asked] == [NoMailbox]


def test_a_step_is_left_out_where_nothing_is_to_be_done(mailboxes: Mailboxes) -> None:
    asked: list[State] = []
    optional: Step[Command, State] = Step(
        command=Put(letter="l-2"), context=MOVE_IN, permit=asked.append, unless=has_letters
    )

    handled = mailboxes.handle_all("11", [*steps(OPEN, Put(letter="l-1")), optional, *steps(Empty())])

    assert handled.events[-1] == MailboxEmptied(letters=("l-1",))
    assert has_letters(asked[-1])  # its permit is asked all the same: the answer tells the state


def has_letters(state: State) -> bool:
    return isinstance(state, Mailbox) and bool(state.letters)


def test_steps_that_all_come_to_nothing_append_nothing(mailboxes: Mailboxes, ledger: Ledger) -> None:
    mailboxes.handle("11", OPEN, context())

    handled = mailboxes.handle_all("11", steps(Empty(), Empty()))

    assert (handled.events, handled.version, ledger.head()) == ((), 1, 1)


COMMANDS = st.sampled_from([OPEN, Put(letter="l-1"), Put(letter="l-2"), Empty()])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(COMMANDS, min_size=1, max_size=8))
def test_whatever_the_commands_they_come_to_what_they_come_to_one_by_one(
    mailboxes: Mailboxes, commands: list[Command]
) -> None:
    apart, together = new_id(), new_id()
    mailboxes.handle(apart, OPEN, context())
    mailboxes.handle(together, OPEN, context())
    for number, command in enumerate(commands):
        try:
            mailboxes.handle(apart, command, context(f"request-{number}"))
        except Refusal as refusal:
            with pytest.raises(Refusal, match=refusal.code) as refused:
                mailboxes.handle_all(together, steps(*commands))
            assert refused.value.facts == {"step": str(number)}
            assert mailboxes.load(together).version == 1
            return

    mailboxes.handle_all(together, steps(*commands))

    def events(subject_id: str) -> list[Event]:
        return [one.event for one in mailboxes.history(subject_id)]

    assert events(together) == events(apart)
    assert mailboxes.load(together).state == mailboxes.load(apart).state
