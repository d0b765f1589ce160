"""Every event says where its subject lies, also when whoever gave the command did not."""

from dataclasses import replace

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
