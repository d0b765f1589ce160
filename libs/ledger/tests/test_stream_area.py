"""Every event says where its subject lies, also when whoever gave the command did not."""

from dataclasses import replace

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.stream import Stream
from libs.ledger.tests import mailbox


def _street(state: mailbox.State) -> str | None:
    return None if isinstance(state, mailbox.NoMailbox) else "mole-street"


def test_the_area_comes_from_the_state_else_from_the_context(ledger: Ledger) -> None:
    mailboxes = Stream(ledger, mailbox.MAILBOX, area=_street)

    opening = replace(mailbox.context(), area="harbour")
    mailboxes.handle("7", mailbox.Open(owner="lin", name="Lin"), opening)
    mailboxes.handle("7", mailbox.Put(letter="a"), mailbox.context())
    mailboxes.handle("7", mailbox.Put(letter="b"), opening)

    areas = [recorded.metadata.area for recorded in mailboxes.history("7")]
    assert areas == ["harbour", "mole-street", "mole-street"]


def test_whoever_acts_in_an_area_only_appends_nothing_elsewhere_or_where_nobody_knows(ledger: Ledger) -> None:
    mailboxes = Stream(ledger, mailbox.MAILBOX, area=_street)
    nowhere = Stream(ledger, mailbox.MAILBOX)
    here, there = (replace(mailbox.context(), within=area) for area in ("mole-street", "harbour"))
    opening = mailbox.Open(owner="lin", name="Lin")

    for stream, context in ((mailboxes, there), (nowhere, here)):
        with pytest.raises(Refusal, match="does not cover this area"):
            stream.handle("8", opening, context)
    mailboxes.handle("8", opening, here)
    mailboxes.handle("8", mailbox.Put(letter="a"), replace(here, area="harbour"))
    with pytest.raises(Refusal, match="does not cover this area"):
        mailboxes.handle("8", mailbox.Put(letter="b"), there)

    assert len(mailboxes.history("8")) == 2
