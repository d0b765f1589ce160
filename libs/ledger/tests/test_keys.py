"""Keys of persons: one each, wrapped, destroyed for good, the same in every process."""

import base64
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.errors import SettingsRefused
from libs.ledger.personal import Personal
from libs.ledger.privacy.data_key import DataKey
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context, Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.tests.conftest import MASTER_KEY, Mailboxes
from libs.ledger.tests.mailbox import EVENTS, ForgetOwner, LetterPut, Mailbox, Open, Put, context
from libs.testkit.eventually import eventually


def letter(stream: str, subject: str, text: str, after: int = 0) -> Append:
    event = LetterPut(letter="l-1", text=Personal(subject, text))
    pair = (event, context().metadata(utc_now()))
    return Append(drafts=[Draft(stream=stream, expected_version=after, events=[pair])])


def text_of(ledger: Ledger, stream: str) -> str | None:
    text: str | None = ledger.read_stream(stream)[0].event.text.value
    return text


def everything_stored(ledger: Ledger) -> bytes:
    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT state AS body FROM stored_events UNION ALL SELECT body FROM snapshots"
        ).fetchall()
    return b"".join(bytes(row["body"]) for row in rows)


def test_two_processes_that_meet_a_new_subject_at_once_agree_on_one_key(
    ledger: Ledger, other_ledger: Ledger
) -> None:
    ours = ledger.keys.to_encipher("resident-1")
    theirs = other_ledger.keys.to_encipher("resident-1")
    assert ours.wrapped != theirs.wrapped

    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    other_ledger.append(letter("mailbox-2", "resident-1", "Dear Ada again"))

    assert text_of(other_ledger, "mailbox-1") == "Dear Ada"
    assert text_of(ledger, "mailbox-2") == "Dear Ada again"


def test_a_key_is_stored_only_with_the_first_event_that_uses_it(ledger: Ledger) -> None:
    ledger.keys.to_encipher("resident-1")

    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT subject FROM subject_keys WHERE subject LIKE 'resident%'"
        ).fetchall()

    assert rows == []


def test_what_was_written_about_an_erased_person_is_none_from_then_on(ledger: Ledger) -> None:
    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    ledger.append(letter("mailbox-2", "resident-2", "Dear Bo"))

    ledger.keys.destroy("resident-1")

    assert text_of(ledger, "mailbox-1") is None
    assert text_of(ledger, "mailbox-2") == "Dear Bo"


def test_other_processes_forget_an_erased_person_on_the_announcement(
    ledger: Ledger, other_ledger: Ledger
) -> None:
    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    assert text_of(other_ledger, "mailbox-1") == "Dear Ada"

    ledger.keys.destroy("resident-1")

    eventually(lambda: text_of(other_ledger, "mailbox-1") is None, "the other process forgot")


def test_nothing_new_is_taken_about_an_erased_person_in_any_process(
    ledger: Ledger, other_ledger: Ledger
) -> None:
    other_ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    ledger.keys.destroy("resident-1")

    for taker in (ledger, other_ledger):  # the other may not have heard yet: the store knows
        with pytest.raises(Refusal, match="SUBJECT_ERASED"):
            taker.append(letter("mailbox-2", "resident-1", "Dear Ada"))
    assert ledger.head() == 1


def test_a_person_of_whom_nothing_is_known_yet_can_be_erased(ledger: Ledger) -> None:
    ledger.keys.destroy("resident-1")

    with pytest.raises(Refusal, match="SUBJECT_ERASED"):
        ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))


def test_erasing_twice_is_erasing_once(ledger: Ledger) -> None:
    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))

    ledger.keys.destroy("resident-1")
    ledger.keys.destroy("resident-1")

    assert text_of(ledger, "mailbox-1") is None


def test_what_an_erased_person_left_blank_may_be_carried_on(ledger: Ledger) -> None:
    ledger.keys.destroy("resident-1")
    blank = LetterPut(letter="l-1", text=Personal("resident-1", None))
    pair = (blank, context().metadata(utc_now()))

    ledger.append(Append(drafts=[Draft(stream="mailbox-1", expected_version=0, events=[pair])]))

    assert ledger.read_stream("mailbox-1")[0].event == blank


def test_what_an_erased_person_typed_as_a_reason_is_gone_too(ledger: Ledger) -> None:
    metadata = Context(actor="clerk-7", said=Personal("clerk-7", "because of Mrs Li")).metadata(utc_now())
    pair = (LetterPut(letter="l-1"), metadata)
    ledger.append(Append(drafts=[Draft(stream="mailbox-1", expected_version=0, events=[pair])]))

    assert b"Mrs Li" not in everything_stored(ledger)
    assert ledger.read_stream("mailbox-1")[0].metadata.why == "because of Mrs Li"
    ledger.keys.destroy("clerk-7")
    assert ledger.read_stream("mailbox-1")[0].metadata.why is None


def test_an_event_that_erases_destroys_the_key_in_its_own_transaction(
    mailboxes: Mailboxes, others_mailboxes: Mailboxes
) -> None:
    mailboxes.handle("11", Open(owner="resident-1", name="Ada Lovelace"), context())
    mailboxes.handle("11", Put(letter="l-1", text=Personal("resident-1", "I am Ada")), context())
    others_mailboxes.load("11")

    mailboxes.handle("11", ForgetOwner(), context())

    def texts(stream: Mailboxes) -> set[str | None]:
        state = stream.load("11").state
        assert isinstance(state, Mailbox)
        return {state.owner.value, *(text.value for text in state.texts)}

    assert texts(mailboxes) == {None}  # the cached state is gone, too
    eventually(lambda: texts(others_mailboxes) == {None}, "the other process forgot")


def test_an_erasure_amid_writers_leaves_nothing_readable(ledger: Ledger, other_ledger: Ledger) -> None:
    started = threading.Barrier(5)

    def write(worker: int) -> int:
        writer, n = (ledger, other_ledger)[worker % 2], 0
        started.wait()
        while True:
            try:
                writer.append(letter(f"mailbox-{worker}-{n}", "resident-1", "Dear Ada"))
            except Refusal:  # SUBJECT_ERASED: nothing more is taken
                return n
            n += 1

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, worker) for worker in range(4)]
        started.wait()
        eventually(lambda: ledger.known_head > 20, "some are written")
        ledger.keys.destroy("resident-1")
        written = [writer.result() for writer in writers]

    assert sum(written) == len(ledger.read(limit=100_000))
    for worker, count in enumerate(written):
        for n in range(count):
            assert text_of(ledger, f"mailbox-{worker}-{n}") is None


def test_a_command_after_an_erasure_is_not_answered_from_memory(mailboxes: Mailboxes, ledger: Ledger) -> None:
    mailboxes.handle("11", Open(owner="resident-1", name="Ada Lovelace"), context())
    ledger.keys.destroy("resident-1")

    state = mailboxes.handle("11", Put(letter="l-1"), context()).state

    assert isinstance(state, Mailbox)
    assert state.owner.value is None


def test_a_key_that_was_read_while_it_was_destroyed_is_not_remembered(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = LedgerSettings(dsn=dsn, service="post", listen=False)  # nobody tells it afterwards
    with Ledger.connect(settings, EVENTS, MASTER_KEY) as ledger:
        ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
        ledger.keys.forget()
        read = ledger.keys._select

        def read_and_destroy(subjects: list[str]) -> list[DataKey]:
            found = read(subjects)
            ledger.keys.destroy("resident-1")
            return found

        with monkeypatch.context() as patched:
            patched.setattr(ledger.keys, "_select", read_and_destroy)
            assert text_of(ledger, "mailbox-1") == "Dear Ada"  # it was, at that moment

        assert text_of(ledger, "mailbox-1") is None


def test_an_append_that_conflicts_erases_nobody(ledger: Ledger) -> None:
    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    bad = letter("mailbox-1", "resident-2", "Dear Bo", after=7)

    with pytest.raises(Exception, match="version 1"):
        ledger.append(Append(drafts=bad.drafts, erases=["resident-1"]))

    assert text_of(ledger, "mailbox-1") == "Dear Ada"


def test_no_clear_text_lies_in_the_store_and_no_key_once_erased(ledger: Ledger) -> None:
    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    key = ledger.keys.to_encipher("resident-1")

    assert b"Ada" not in everything_stored(ledger)
    ledger.keys.destroy("resident-1")

    with ledger.connection() as connection:
        row = connection.execute("SELECT * FROM subject_keys WHERE subject = 'resident-1'").fetchone()
    assert row is not None
    assert row["wrapped"] is None
    assert row["destroyed_at"] is not None
    assert key.wrapped is not None  # it was a key indeed


# The master key


def test_after_a_change_of_the_master_key_everything_opens_and_the_old_one_can_go(
    ledger: Ledger, open_ledger: Callable[..., Ledger], dsn: str
) -> None:
    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    before = ledger.keys.digest("resident", "560-1815")
    new = MasterKey.generate()
    settings = LedgerSettings(dsn=dsn, service="post")

    with Ledger.connect(settings, EVENTS, MasterKey(new.current, (MASTER_KEY.current,))) as both:
        assert text_of(both, "mailbox-1") == "Dear Ada"
        assert both.keys.rewrap() == 2  # the bucket's, and the digest's
        assert both.keys.rewrap() == 0

    with Ledger.connect(settings, EVENTS, new) as after:
        assert text_of(after, "mailbox-1") == "Dear Ada"
        assert after.keys.digest("resident", "560-1815") == before
        after.append(letter("mailbox-2", "resident-1", "again"))


def test_a_process_that_knows_a_key_from_before_the_rewrap_goes_on(ledger: Ledger, dsn: str) -> None:
    ledger.append(letter("mailbox-1", "resident-1", "Dear Ada"))
    both = MasterKey(MasterKey.generate().current, (MASTER_KEY.current,))

    with Ledger.connect(LedgerSettings(dsn=dsn, service="post"), EVENTS, both) as rewrapping:
        rewrapping.append(letter("mailbox-2", "resident-1", "x"))
        with Ledger.connect(LedgerSettings(dsn=dsn, service="post"), EVENTS, both) as lagging:
            lagging.append(letter("mailbox-3", "resident-1", "y"))
            rewrapping.keys.rewrap()
            lagging.append(letter("mailbox-4", "resident-1", "z"))
            assert text_of(lagging, "mailbox-4") == "z"


def test_digests_differ_by_purpose_and_text_and_stay_the_same(ledger: Ledger, other_ledger: Ledger) -> None:
    digest = ledger.keys.digest("resident", "560-1815")

    assert digest == other_ledger.keys.digest("resident", "560-1815")
    assert (
        len({digest, ledger.keys.digest("body", "560-1815"), ledger.keys.digest("resident", "560-1816")}) == 3
    )
    assert ledger.keys.digest("a", "b:c") != ledger.keys.digest("a:b", "c")
    assert len(digest) == 32


def test_the_digests_secret_is_nobody_to_erase(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="not the key of a person"):
        ledger.keys.destroy("!digest")


@pytest.mark.parametrize("between", ["\n", ",", ", "])
def test_a_master_key_is_a_line_of_text_and_older_ones_follow(between: str) -> None:
    text = base64.b64encode(os.urandom(32)).decode()

    key = MasterKey.from_text(f"{text}{between}{MASTER_KEY.text()}\n")

    assert key.current == MasterKey.from_text(text).current
    assert key.older == (MASTER_KEY.current,)
    assert MasterKey.from_text(key.text()) == key
    assert text not in repr(key)


@pytest.mark.parametrize("text", ["", "!", "c2hvcnQ=", " "])
def test_a_bad_master_key_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(SettingsRefused, match="openssl rand"):
        MasterKey.from_text(text)


def test_a_wrapped_key_moved_to_another_subject_does_not_open() -> None:
    wrapped = MASTER_KEY.wrap("resident-1", bytes(32))

    with pytest.raises(SettingsRefused):
        MASTER_KEY.unwrap("resident-2", wrapped)
