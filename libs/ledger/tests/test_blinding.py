"""Enciphered letters are found by blind terms: the table shows no word, and the erased are not found."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from libs.ledger.errors import VersionConflict
from libs.ledger.personal import Personal
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context, Draft, utc_now
from libs.ledger.store.blinding import MOST, MOST_OF_EVENT, Blinding
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.mapper import Events
from libs.ledger.streams.reblind import Reblinding
from libs.ledger.tests import mailbox
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import LetterPut, MailboxOpened, OwnerForgotten


def words(texts: Iterable[str]) -> list[str]:
    return [word.lower() for text in texts for word in text.split()]


TEXT = Blinding(kind="text", texts={"letter_put.v1": lambda event: [event.text]}, words=words, by_area=True)
NAME = Blinding(kind="name", texts={"mailbox_opened.v1": lambda event: [event.owner]}, words=words)
EVENTS = replace(mailbox.EVENTS, blinded=(TEXT, NAME))


@pytest.fixture
def ledger(dsn: str) -> Iterator[Ledger]:
    with opened(dsn) as found:
        yield found


def opened(dsn: str, master: MasterKey = MASTER_KEY) -> Ledger:
    return Ledger.connect(LedgerSettings(dsn=dsn, service="post", listen=False), EVENTS, master)


def put(ledger: Ledger, owner: str, *texts: str, after: int = 0, area: str = "city/north") -> None:
    """Letters into a mailbox, each in an event of its own, in one append."""
    events = [LetterPut(letter="l-1", text=Personal(owner, text)) for text in texts]
    record(ledger, owner, *events, after=after, area=area)


def record(ledger: Ledger, owner: str, *events: object, after: int = 0, area: str = "city/north") -> None:
    context = Context(actor="carrier-7", area=area)
    pairs = [(event, context.metadata(utc_now())) for event in events]
    draft = Draft(stream=f"mailbox-{owner}", expected_version=after, events=pairs)
    ledger.append(Append(drafts=[draft]))


def found(ledger: Ledger, word: str, *, kind: str = "text", area: str = "north") -> set[str]:
    """The mailboxes in which a word is found."""
    terms = ledger.keys.terms(kind, area if kind == "text" else "", [word])
    rows = sql(ledger, "SELECT stream FROM blind_terms WHERE kind = %s AND terms @> %s", kind, terms)
    return {stream.removeprefix("mailbox-") for (stream,) in rows}


def sql(ledger: Ledger, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What somebody does past all of this."""
    with psycopg.connect(ledger.settings.dsn, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def rows(ledger: Ledger) -> list[tuple[Any, ...]]:
    return sql(ledger, "SELECT subject, stream, kind, terms FROM blind_terms ORDER BY 1, 2, 3")


def test_a_letter_is_found_by_its_words(ledger: Ledger) -> None:
    put(ledger, "ada", "a broken lamp")
    put(ledger, "bo", "the lamp is dark")

    assert found(ledger, "lamp") == {"ada", "bo"}
    assert found(ledger, "dark") == {"bo"}
    assert found(ledger, "lam") == set()


def test_words_of_later_letters_are_found_beside_the_earlier_ones(ledger: Ledger) -> None:
    put(ledger, "ada", "a broken lamp")
    put(ledger, "ada", "a broken bench", "and a tree", after=1)

    assert found(ledger, "lamp") == found(ledger, "bench") == found(ledger, "tree") == {"ada"}
    assert len(rows(ledger)) == 1


def test_an_append_that_is_refused_adds_no_terms(ledger: Ledger) -> None:
    with pytest.raises(VersionConflict):
        put(ledger, "ada", "a broken lamp", after=7)

    assert rows(ledger) == []


def test_appends_of_one_batch_keep_their_terms_apart(ledger: Ledger) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: put(ledger, f"owner-{n}", f"word-{n} lamp"), range(64)))

    assert len(found(ledger, "lamp")) == 64
    assert all(found(ledger, f"word-{n}") == {f"owner-{n}"} for n in range(64))


def test_a_dump_shows_no_word_and_not_in_which_areas_the_same_one_stands(ledger: Ledger) -> None:
    put(ledger, "ada", "lamp", area="city/north")
    put(ledger, "bo", "lamp", area="city/south")
    record(ledger, "cleo", MailboxOpened(owner=Personal("cleo", "lamp")))

    dump = rows(ledger)

    assert "lamp" not in str(dump)
    assert len({tuple(terms) for *_, terms in dump}) == 3  # two areas, and another kind of search
    assert found(ledger, "lamp", area="north") == {"ada"}


def test_the_terms_of_another_key_are_other_ones(ledger: Ledger, dsn: str) -> None:
    terms = ledger.keys.terms("text", "north", ["lamp"])
    sql(ledger, "DELETE FROM subject_keys WHERE subject = '!digest'")

    with opened(dsn) as other:
        assert other.keys.terms("text", "north", ["lamp"]) != terms


def test_terms_outlive_a_change_of_the_master_key(ledger: Ledger, dsn: str) -> None:
    terms = ledger.keys.terms("text", "north", ["lamp"])
    master = MasterKey(bytes(range(1, 33)), older=(MASTER_KEY.current,))

    with opened(dsn, master) as changed:
        changed.keys.rewrap()
    with opened(dsn, MasterKey(master.current)) as other:
        assert other.keys.terms("text", "north", ["lamp"]) == terms


def test_the_order_of_the_words_is_not_kept(ledger: Ledger) -> None:
    put(ledger, "ada", "one two three four five six")
    put(ledger, "bo", "six five four three two one")

    assert rows(ledger)[0][3] == rows(ledger)[1][3]


def test_the_terms_of_an_event_and_of_a_stream_are_bounded(ledger: Ledger) -> None:
    long = [" ".join(f"word-{text}-{n}" for n in range(1_000)) for text in range(4)]
    put(ledger, "ada", long[0])
    assert len(rows(ledger)[0][3]) == MOST_OF_EVENT

    put(ledger, "ada", *long[1:], after=1)

    assert len(rows(ledger)[0][3]) == MOST
    assert found(ledger, "word-0-199") == {"ada"}  # what came first is not pushed out
    assert Reblinding(ledger).differences() == []


def test_an_erasure_takes_the_terms_in_its_own_transaction(ledger: Ledger) -> None:
    put(ledger, "ada", "a broken lamp")
    put(ledger, "bo", "a broken lamp")

    def refuse(_: object) -> None:
        raise RuntimeError("the plug was pulled")

    with pytest.raises(RuntimeError, match="the plug"):
        ledger.append(Append(erases=["ada"], effects=[refuse]))
    assert found(ledger, "lamp") == {"ada", "bo"}

    record(ledger, "ada", OwnerForgotten(subject="ada"), after=1)

    assert found(ledger, "lamp") == {"bo"}
    assert [subject for subject, *_ in rows(ledger)] == ["bo"]


def test_whoever_destroys_the_key_destroys_the_terms(ledger: Ledger) -> None:
    put(ledger, "ada", "a broken lamp")
    put(ledger, "bo", "a broken lamp")

    ledger.keys.destroy("ada")
    sql(ledger, "UPDATE subject_keys SET wrapped = NULL, destroyed_at = now() WHERE subject = 'bo'")

    assert rows(ledger) == []


def test_terms_that_were_lost_come_back_and_others_go(ledger: Ledger) -> None:
    for owner in ("ada", "bo", "cleo"):
        put(ledger, owner, f"a broken lamp of {owner}", "and a letter more")
    before = rows(ledger)
    sql(ledger, "DELETE FROM blind_terms WHERE subject = 'ada'")
    sql(ledger, "UPDATE blind_terms SET terms = terms[2:] || 7 WHERE subject = 'bo'")
    sql(ledger, "INSERT INTO blind_terms VALUES ('mallory', 'mailbox-bo', 'text', '{1,2,3}')")

    compared = Reblinding(ledger).differences()
    assert rows(ledger) != before
    put_right = Reblinding(ledger).put_right()

    assert compared == put_right
    told = sorted((one.key.subject, one.missing > 0, one.surplus) for one in put_right)
    assert told == [("ada", True, 0), ("bo", True, 1), ("mallory", False, 3)]
    assert rows(ledger) == before
    assert Reblinding(ledger).differences() == []


def test_nothing_of_the_erased_comes_back(ledger: Ledger) -> None:
    put(ledger, "ada", "a broken lamp")
    terms = rows(ledger)[0][3]
    ledger.keys.destroy("ada")
    sql(ledger, "INSERT INTO blind_terms VALUES ('ada', 'mailbox-ada', 'text', %s)", terms)

    assert [one.surplus for one in Reblinding(ledger).put_right()] == [3]
    assert rows(ledger) == []


def test_terms_of_a_kind_that_only_a_newer_release_knows_stay(ledger: Ledger) -> None:
    sql(ledger, "INSERT INTO blind_terms VALUES ('ada', 'mailbox-ada', 'sound', '{1}')")

    assert Reblinding(ledger).put_right() == []
    assert len(rows(ledger)) == 1


def test_terms_are_rebuilt_while_others_write(ledger: Ledger, dsn: str) -> None:
    def write(n: int) -> None:
        put(ledger, f"owner-{n}", f"word-{n} lamp")
        put(ledger, f"owner-{n}", f"bench-{n}", after=1)

    with opened(dsn) as rebuilding, ThreadPoolExecutor(8) as threads:
        written = [threads.submit(write, n) for n in range(40)]
        while not all(each.done() for each in written):
            assert Reblinding(rebuilding).put_right() == []
        for each in written:
            each.result()

    assert len(found(ledger, "lamp")) == 40


def test_blind_terms_of_an_event_that_is_never_stored_are_a_mistake() -> None:
    blinding = Blinding(kind="text", texts={"letter_red.v1": lambda event: [event.text]}, words=words)

    with pytest.raises(ValueError, match=r"blind terms of unknown events \['letter_red.v1'\]"):
        Events(service="post", types={"letter_put.v1": LetterPut}, blinded=(blinding,))
