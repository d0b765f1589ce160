"""What a caller has seen of a history that was lost is recognised by their token, at once."""

from collections.abc import Callable

import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.revision import Revision
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.streams.stream import Handled, Stream
from libs.ledger.tests import mailbox
from libs.ledger.tests.conftest import MASTER_KEY, Mailboxes
from libs.ledger.tests.mailbox import Empty, MailboxEmptied, Open, Put, context
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from libs.testkit.eventually import eventually
from libs.testkit.losing import lose_all_behind

BOX = "b-1"


def put(mailboxes: Mailboxes, letter: str, if_revision: str = "") -> Handled[mailbox.State, mailbox.Event]:
    return mailboxes.handle(BOX, Put(letter=letter), context(), if_revision=if_revision or None)


def move_back(ledger: Ledger, position: int) -> None:
    """The ledger goes on elsewhere from an earlier position, and this process has noticed."""
    before = ledger.life.number
    lose_all_behind(ledger.settings.dsn, position, elsewhere=True)
    eventually(lambda: ledger.life.number > before, "it has noticed")


@pytest.fixture
def seen(ledger: Ledger, mailboxes: Mailboxes) -> list[str]:
    """The revisions of five events, of which only the first three are left."""
    opened = mailboxes.handle(BOX, Open(owner="resident-1", name="Ada"), context())
    tokens = [opened.revision, *(put(mailboxes, f"l-{n}").revision for n in range(4))]
    move_back(ledger, 3)
    return tokens


def test_a_first_life_needs_no_longer_token(mailboxes: Mailboxes) -> None:
    opened = mailboxes.handle(BOX, Open(owner="resident-1", name="Ada"), context())

    assert opened.revision == "r1.1"


def test_a_reader_who_saw_what_is_lost_is_told_and_does_not_wait(ledger: Ledger, seen: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        Fresh(seen[4], patience=3600).assure_recorded(ledger)

    assert (refused.value.code, refused.value.kind) == ("HISTORY_CHANGED", Kind.PRECONDITION)
    assert refused.value.facts == {"revision": "r5.5"}
    assert f"incarnation {ledger.life.number} of the ledger began behind 3" in refused.value.message


def test_a_ledger_that_has_grown_past_it_answers_no_stale_view(
    ledger: Ledger, mailboxes: Mailboxes, seen: list[str]
) -> None:
    for letter in "abcd":
        put(mailboxes, letter)
    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        Fresh(seen[4]).assure_recorded(ledger)
    with pytest.raises(Refusal, match="HISTORY_CHANGED"), Views(ledger, []).read("any", seen[3], 3600):
        pass


def test_a_decision_on_what_is_lost_is_not_taken(mailboxes: Mailboxes, seen: list[str]) -> None:
    put(mailboxes, "another one in the fourth place")
    assert mailboxes.load(BOX).version == 4

    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        put(mailboxes, "l-9", if_revision=seen[3])

    assert mailboxes.load(BOX).version == 4


def test_a_command_in_flight_when_what_it_follows_is_lost_is_refused(
    ledger: Ledger, mailboxes: Mailboxes
) -> None:
    opened = mailboxes.handle(BOX, Open(owner="resident-1", name="Ada"), context())
    lost = put(mailboxes, "l-1", if_revision=opened.revision).revision
    lose_all_behind(ledger.settings.dsn, opened.position, elsewhere=True)  # nobody has noticed yet

    with pytest.raises(Refusal, match=r"HISTORY_CHANGED|REVISION_MISMATCH"):  # as soon as it knows why
        put(mailboxes, "l-2", if_revision=lost)


def test_what_was_decided_in_the_lost_history_is_not_recorded_in_the_next_one(
    dsn: str, others_mailboxes: Mailboxes
) -> None:
    settings = LedgerSettings(dsn=dsn, service="post", listen=False)  # it notices when it appends
    with Ledger.connect(settings, mailbox.EVENTS, MASTER_KEY) as ledger:
        mailboxes = Stream(ledger, mailbox.MAILBOX)
        opened = mailboxes.handle(BOX, Open(owner="resident-1", name="Ada"), context())
        put(mailboxes, "a letter that is lost")
        lose_all_behind(dsn, opened.position, elsewhere=True)
        put(others_mailboxes, "another letter in its place")

        emptied = mailboxes.handle(BOX, Empty(), context())

        assert emptied.events == (MailboxEmptied(letters=("another letter in its place",)),)
        assert emptied.revision == ledger.revision(3, 3) != "r3.3"


def test_what_was_seen_before_that_counts_as_before(
    ledger: Ledger, mailboxes: Mailboxes, seen: list[str]
) -> None:
    Fresh(seen[2]).assure_recorded(ledger)

    handled = put(mailboxes, "l-9", if_revision=seen[2])

    assert handled.revision == ledger.revision(4, 4) != "r4.4"
    Fresh(handled.revision).assure_recorded(ledger)
    assert put(mailboxes, "l-10", if_revision=handled.revision).revision == ledger.revision(5, 5)
    assert mailboxes.load(BOX).revision == ledger.revision(5, 5)


@pytest.mark.usefixtures("seen")
def test_all_that_is_there_now_can_be_asked_for(ledger: Ledger, mailboxes: Mailboxes) -> None:
    put(mailboxes, "l-9")

    now = Fresh.as_of_now(ledger)

    assert now.at_least == ledger.revision(4)
    now.assure_recorded(ledger)


@pytest.mark.usefixtures("seen")
def test_a_revision_of_an_incarnation_that_never_was_is_refused(ledger: Ledger) -> None:
    newest = ledger.life.number
    with pytest.raises(Refusal, match=f"incarnation {newest} of the ledger is the newest there is"):
        ledger.seen(f"r2.2.{newest + 1}")


def test_a_revision_of_an_incarnation_that_is_itself_lost_is_refused(
    ledger: Ledger, mailboxes: Mailboxes
) -> None:
    """A standby took over at noon, and a dump of last night was restored in the evening."""
    mailboxes.handle(BOX, Open(owner="resident-1", name="Ada"), context())
    for letter in "abc":
        put(mailboxes, letter)
    move_back(ledger, 3)
    lost = put(mailboxes, "at noon").revision
    noon = ledger.life.number
    move_back(ledger, 2)
    for letter in "def":
        put(mailboxes, letter)

    assert ledger.life.number != noon
    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        ledger.seen(lost)
    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        put(mailboxes, "g", if_revision=lost)


def test_a_process_that_has_not_heard_of_the_newest_incarnation_asks(
    ledger: Ledger, mailboxes: Mailboxes, open_ledger: Callable[[], Ledger], seen: list[str]
) -> None:
    other = open_ledger()
    other._recorder.lives = other._recorder.lives[:1]
    token = put(mailboxes, "l-9").revision

    assert other.seen(token) == Revision(4, 4, ledger.life.number)
    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        ledger.seen(seen[4])


@pytest.mark.usefixtures("seen")
def test_a_revision_that_is_there_costs_no_question(ledger: Ledger, mailboxes: Mailboxes) -> None:
    token, before = put(mailboxes, "l-9").revision, ledger._datastore.pool.get_stats()["requests_num"]

    for _ in range(20):
        ledger.seen(token)

    assert ledger._datastore.pool.get_stats()["requests_num"] == before


def test_a_stream_read_before_the_loss_is_of_that_history(ledger: Ledger, mailboxes: Mailboxes) -> None:
    mailboxes.handle(BOX, Open(owner="resident-1", name="Ada"), context())
    put(mailboxes, "l-1")
    kept = Stream(ledger, mailbox.MAILBOX).load(BOX)

    move_back(ledger, 1)

    with pytest.raises(Refusal, match="HISTORY_CHANGED"):
        ledger.seen(kept.revision)
