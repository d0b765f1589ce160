"""Commands on several streams in one transaction, with the checkpoint of the inbox."""

from dataclasses import replace

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.errors import AlreadyHandled
from libs.ledger.recorded import Checkpoint
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.stream import Stream, Task, handle_many
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import (
    MAILBOX,
    Command,
    Empty,
    Event,
    Mailbox,
    MailboxEmptied,
    Open,
    Put,
    State,
    context,
)


def tasks(mailboxes: Mailboxes) -> list[Task]:
    return [
        (mailboxes, "11", Open(owner="resident-1", name="Ada"), context()),
        (mailboxes, "12", Open(owner="resident-2", name="Bo"), context()),
        (mailboxes, "11", Put(letter="l-1"), context()),
        (mailboxes, "12", Empty(), context()),
        (mailboxes, "11", Empty(), context()),
    ]


def test_each_command_meets_what_the_ones_before_it_left(mailboxes: Mailboxes, ledger: Ledger) -> None:
    answers = handle_many(ledger, tasks(mailboxes), Checkpoint("catalog", 7, after=0))

    assert [answer.version for answer in answers] == [1, 1, 2, 1, 3]
    assert answers[-1].events == (MailboxEmptied(letters=("l-1",)),)
    assert answers[3].revision == answers[1].revision
    assert ledger.checkpoint("catalog") == 7


def test_answers_carry_where_their_events_lie(mailboxes: Mailboxes, ledger: Ledger) -> None:
    answers = handle_many(ledger, tasks(mailboxes))

    assert [answer.position for answer in answers] == [1, 2, 3, 2, 4]
    assert mailboxes.load("11").position == 4


def test_one_of_several_commands_may_be_for_a_revision_that_has_passed(
    mailboxes: Mailboxes, ledger: Ledger
) -> None:
    handle_many(ledger, tasks(mailboxes))
    seen, others = mailboxes.load("12").revision, mailboxes.load("11").revision
    mailboxes.handle("12", Put(letter="l-2"), context())
    both: list[Task] = [
        (mailboxes, "11", Put(letter="l-3"), context(), allowing, others),
        (mailboxes, "12", Put(letter="l-3"), context(), allowing, seen),
    ]

    with pytest.raises(Refusal, match="REVISION_MISMATCH"):
        handle_many(ledger, both)

    assert mailboxes.load("11").version == 3


def allowing(_: State) -> None:
    """A permit that refuses nobody."""


def test_one_refusal_keeps_everything_out(mailboxes: Mailboxes, ledger: Ledger) -> None:
    bad: Task = (mailboxes, "13", Put(letter="l-1"), context())

    with pytest.raises(Refusal, match="MAILBOX_UNKNOWN"):
        handle_many(ledger, [*tasks(mailboxes), bad], Checkpoint("catalog", 7))

    assert (ledger.head(), ledger.checkpoint("catalog")) == (0, 0)
    assert mailboxes.load("11").version == 0


def test_a_batch_that_was_handled_has_no_effect_again(mailboxes: Mailboxes, ledger: Ledger) -> None:
    handle_many(ledger, tasks(mailboxes), Checkpoint("catalog", 7, after=0))

    with pytest.raises(AlreadyHandled):
        handle_many(
            ledger, [(mailboxes, "11", Put(letter="l-9"), context())], Checkpoint("catalog", 7, after=0)
        )

    assert ledger.head() == 4


def test_a_conflict_with_another_process_is_decided_again(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes, ledger: Ledger
) -> None:
    handle_many(ledger, tasks(mailboxes))
    interfered: list[bool] = []

    def interfere_once(command: Command, state: State) -> list[Event]:
        if not interfered:
            interfered.append(True)
            others_mailboxes.handle("11", Put(letter="theirs"), context())
        return list(MAILBOX.decide(command, state))

    racing = Stream(ledger, replace(MAILBOX, decide=interfere_once))

    commands: list[Task] = [
        (racing, "11", Put(letter="ours"), context()),
        (racing, "11", Empty(), context()),
    ]
    answers = handle_many(ledger, commands, Checkpoint("catalog", 9))

    assert answers[-1].events == (MailboxEmptied(letters=("theirs", "ours")),)
    assert ledger.checkpoint("catalog") == 9


def test_no_commands_still_move_the_checkpoint(ledger: Ledger) -> None:
    assert handle_many(ledger, [], Checkpoint("catalog", 3)) == []
    assert ledger.checkpoint("catalog") == 3


def test_one_request_may_give_several_commands_to_one_stream(mailboxes: Mailboxes, ledger: Ledger) -> None:
    commands: list[Task] = [
        (mailboxes, "11", Open(owner="resident-1", name="Ada"), context("move-in")),
        (mailboxes, "11", Put(letter="l-1"), context("move-in")),
        (mailboxes, "11", Put(letter="l-2"), context("move-in")),
    ]

    first = handle_many(ledger, commands)
    again = handle_many(ledger, commands)

    assert [answer.version for answer in first] == [1, 2, 3]
    assert {answer.repeated for answer in again} == {True}
    assert {answer.revision for answer in again} == {first[-1].revision}
    assert ledger.head() == 3


def test_erasures_happen_with_the_batch(mailboxes: Mailboxes, ledger: Ledger) -> None:
    handle_many(ledger, tasks(mailboxes))

    handle_many(ledger, [], Checkpoint("identity", 5), erases=["resident-1"])

    first, second = mailboxes.load("11").state, mailboxes.load("12").state
    assert isinstance(first, Mailbox)
    assert first.owner.value is None
    assert isinstance(second, Mailbox)
    assert second.owner.value == "Bo"


def test_a_repeated_request_in_a_later_batch_is_answered_as_before(
    mailboxes: Mailboxes, ledger: Ledger
) -> None:
    opening: Task = (mailboxes, "11", Open(owner="resident-1", name="Ada"), context("open-11"))
    first = handle_many(ledger, [opening])[0]

    again = handle_many(ledger, [opening, (mailboxes, "11", Put(letter="l-1"), context())])

    assert again[0] == replace(first, repeated=True)
    assert again[1].version == 2
