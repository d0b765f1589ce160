"""A key that is expected to be new costs no question, and a mistake costs no data."""

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.store.ledger import Ledger
from libs.ledger.tests import mailbox
from libs.ledger.tests.conftest import Mailboxes


def _owner(mailboxes: Mailboxes, box: str) -> str | None:
    state = mailboxes.load(box).state
    assert isinstance(state, mailbox.Mailbox)
    return state.owner.value


def test_a_new_key_is_used_and_stored(
    ledger: Ledger, mailboxes: Mailboxes, others_mailboxes: Mailboxes
) -> None:
    ledger.keys.expect_new("lin")

    mailboxes.handle("7", mailbox.Open(owner="lin", name="Lin"), mailbox.context())

    assert _owner(others_mailboxes, "7") == "Lin"


def test_a_key_that_another_process_has_stored_is_taken_instead(
    ledger: Ledger, mailboxes: Mailboxes, others_mailboxes: Mailboxes
) -> None:
    others_mailboxes.handle("7", mailbox.Open(owner="lin", name="Lin"), mailbox.context())
    ledger.keys.expect_new("lin")

    mailboxes.handle("8", mailbox.Open(owner="lin", name="Lin again"), mailbox.context())

    assert (_owner(others_mailboxes, "7"), _owner(others_mailboxes, "8")) == ("Lin", "Lin again")
    assert (_owner(mailboxes, "7"), _owner(mailboxes, "8")) == ("Lin", "Lin again")


def test_who_was_erased_is_not_brought_back(ledger: Ledger, mailboxes: Mailboxes) -> None:
    ledger.keys.destroy("lin")
    ledger.keys.expect_new("lin")

    with pytest.raises(Refusal) as refused:
        mailboxes.handle("7", mailbox.Open(owner="lin", name="Lin"), mailbox.context())

    assert refused.value.code == "SUBJECT_ERASED"
