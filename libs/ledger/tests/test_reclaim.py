"""The claims are made anew from the ledger: after a loss, after a forgery, and while 8 race for them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from libs.ledger.errors import EventTypeUnknown
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.streams.reclaim import Difference, Reclaiming, TwoHolders
from libs.ledger.tests import mailbox, plates
from libs.ledger.tests.conftest import MASTER_KEY


def sql(ledger: Ledger, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """What somebody does past all of this."""
    with psycopg.connect(ledger.settings.dsn, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def claims(ledger: Ledger) -> list[tuple[Any, ...]]:
    return sql(ledger, "SELECT kind, digest, holder FROM claims ORDER BY 1, 2, 3")


def holders(found: list[Difference]) -> set[tuple[str | None, str | None]]:
    """Who holds each claim by the table, and by the ledger."""
    return {(one.stored, one.recorded) for one in found}


def test_claims_that_were_deleted_come_back(ledger: Ledger) -> None:
    for owner in ("ada", "bo", "cleo"):
        plates.screw_on(ledger, owner, f"plate of {owner}")
    before = claims(ledger)
    sql(ledger, "DELETE FROM claims WHERE holder IN ('ada', 'bo')")

    found = Reclaiming(ledger).put_right()

    assert holders(found) == {(None, "ada"), (None, "bo")}
    assert claims(ledger) == before
    assert Reclaiming(ledger).differences() == []


def test_a_forged_holder_gives_way_to_the_recorded_one(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    plates.screw_on(ledger, "bo", "another plate")
    sql(ledger, "UPDATE claims SET holder = 'mallory' WHERE holder = 'ada'")
    sql(ledger, "INSERT INTO claims VALUES ('plate', 'f0', 'mallory')")

    found = Reclaiming(ledger).put_right()

    assert holders(found) == {("mallory", "ada"), ("mallory", None)}
    assert plates.of(ledger) == "ada"
    assert sql(ledger, "SELECT count(*) FROM claims WHERE holder = 'mallory'") == [(0,)]


def test_a_comparison_changes_nothing(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    sql(ledger, "UPDATE claims SET holder = 'mallory'")

    (found,) = Reclaiming(ledger).differences()

    digest = found.key.digest[:8]
    assert str(found) == f"plate {digest}: held by mallory by the table, ada by the ledger"
    assert plates.of(ledger) == "mallory"


def test_what_moved_or_was_released_is_rebuilt_as_it_is_now(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    plates.hand_on(ledger, "ada", to="bo")
    plates.screw_on(ledger, "cleo", "another plate")
    plates.take_off(ledger, "cleo")
    for after, plate in enumerate(("a red plate", "a blue plate")):
        plates.screw_on(ledger, "dora", plate, after=after)
    plates.unscrew(ledger, "dora", "a red plate", after=2)
    before = claims(ledger)
    sql(ledger, "DELETE FROM claims")

    Reclaiming(ledger).put_right()

    assert claims(ledger) == before
    assert plates.of(ledger) == "bo"
    assert plates.of(ledger, "another plate") is None
    assert plates.of(ledger, "a red plate") is None
    assert plates.of(ledger, "a blue plate") == "dora"


def test_nothing_of_the_erased_comes_back(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    plates.forget(ledger, "ada")
    plates.screw_on(ledger, "bo", "another plate")
    ledger.keys.destroy("bo")  # as an erasure does that no event of this ledger tells of

    found = Reclaiming(ledger).put_right()

    assert holders(found) == {("bo", None)}
    assert claims(ledger) == []


def test_who_is_erased_while_the_ledger_is_read_does_not_come_back(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    plates.screw_on(ledger, "bo", "another plate")
    reclaiming = Reclaiming(ledger)
    assert reclaiming.differences() == []

    plates.forget(ledger, "ada")
    ledger.keys.destroy("bo")
    plates.screw_on(ledger, "cleo")

    assert holders(reclaiming.put_right()) == {("bo", None)}
    assert [holder for _, _, holder in claims(ledger)] == ["cleo"]


def test_two_holders_are_named_and_nothing_is_changed(ledger: Ledger) -> None:
    plates.screw_on(ledger, "ada")
    sql(ledger, "DELETE FROM claims")
    plates.screw_on(ledger, "bo")
    sql(ledger, "INSERT INTO claims VALUES ('plate', 'f0', 'mallory')")
    before = claims(ledger)

    with pytest.raises(TwoHolders) as refused:
        Reclaiming(ledger).put_right()

    assert refused.value.doubles == ["plate: ada and bo"]
    assert claims(ledger) == before

    plates.forget(ledger, "ada")
    assert holders(Reclaiming(ledger).put_right()) == {("mallory", None)}
    assert plates.of(ledger) == "bo"


def test_claims_of_a_kind_that_only_a_newer_release_knows_stay(ledger: Ledger) -> None:
    sql(ledger, "INSERT INTO claims VALUES ('ballot', 'f0', 'ada')")

    assert Reclaiming(ledger).put_right() == []
    assert claims(ledger) == [("ballot", "f0", "ada")]


def test_events_of_a_newer_release_are_not_guessed_at(ledger: Ledger, dsn: str) -> None:
    types = {name: tp for name, tp in mailbox.EVENTS.types.items() if name != "letter_put.v1"}
    sql(ledger, "INSERT INTO event_types VALUES ('post.letter_put.v1', false) ON CONFLICT DO NOTHING")
    plates.screw_on(ledger, "ada")
    letter = mailbox.LetterPut(letter="l-1")
    draft = plates.draft("ada", letter, after=1)
    position = ledger.append(Append(drafts=[draft])).positions[-1]
    settings = LedgerSettings(dsn=dsn, service="post", listen=False)

    older = Ledger.connect(settings, replace(mailbox.EVENTS, types=types), MASTER_KEY)
    with older, pytest.raises(EventTypeUnknown, match=f"post.letter_put.v1 .* position {position}"):
        Reclaiming(older).put_right()


def test_claims_are_rebuilt_while_8_race_for_them(open_ledger: Callable[[], Ledger]) -> None:
    ledgers, ended = [open_ledger() for _ in range(2)], threading.Event()
    rebuilding = open_ledger()

    def claim(n: int) -> list[str]:
        return [plates.race(ledgers[n % 2], f"h{n}-{turn}", f"plate {turn}") for turn in range(12)]

    def rebuild() -> None:
        while not ended.is_set():
            found.extend(Reclaiming(rebuilding).put_right())

    found: list[Difference] = []
    with ThreadPoolExecutor(9) as threads:
        rebuilt = threads.submit(rebuild)
        racers = [threads.submit(claim, n) for n in range(8)]
        told = [racer.result() for racer in racers]
        ended.set()
        rebuilt.result()

    assert found == []  # no moment at which table and ledger differ
    assert all(len(set(holder_of_each)) == 1 for holder_of_each in zip(*told, strict=True))
    assert len(ledgers[0].read()) == 12
