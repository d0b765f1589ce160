"""A retry gets its first answer for as long as its stream lives, and a long stream takes little memory."""

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Metadata, utc_now
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.folded import Cache, Folded
from libs.ledger.streams.requests import KEPT, Older, Request, Requests, fingerprint_of, request_key
from libs.ledger.streams.stream import Stream, Task, handle_many
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import INITIAL, MAILBOX, Open, Put, context

MANY = 4 * KEPT


@pytest.fixture
def long(ledger: Ledger, mailboxes: Mailboxes) -> Mailboxes:
    """Mailbox 11 has answered many requests: `put-0` by version 2, and so on."""
    tasks: list[Task] = [(mailboxes, "11", Open(owner="resident-1", name="Ada"), context("open"))]
    tasks += [(mailboxes, "11", Put(letter=f"l-{n}"), context(f"put-{n}")) for n in range(MANY)]
    handle_many(ledger, tasks)
    return mailboxes


def noted(number: int, requests: Requests | None = None) -> Requests:
    """One event for each request, from version 1."""
    noting = (requests or Requests()).noting()
    for version in range(1, number + 1):
        noting.note(answering(f"put-{version}"), version)
    return noting.done()


def answering(request_id: str) -> Metadata:
    return context(request_id).metadata(utc_now())


# The promise


@pytest.mark.parametrize("number", [0, KEPT - 1, KEPT, 2 * KEPT, MANY - 1])
def test_a_retry_gets_its_first_answer_however_many_requests_came_since(
    long: Mailboxes, ledger: Ledger, number: int
) -> None:
    head = ledger.head()

    again = long.handle("11", Put(letter=f"l-{number}"), context(f"put-{number}"))

    assert (again.repeated, again.version) == (True, number + 2)
    assert ledger.head() == head


def test_an_old_request_id_with_other_content_is_refused(long: Mailboxes) -> None:
    with pytest.raises(Refusal, match="REQUEST_ID_REUSED"):
        long.handle("11", Put(letter="another"), context("put-3", digest="another"))


def test_an_old_request_id_of_somebody_else_is_another_request(long: Mailboxes) -> None:
    other = long.handle("11", Put(letter="another"), context("put-3", actor="carrier-8"))

    assert (other.repeated, other.version) == (False, MANY + 2)


def test_a_process_that_begins_at_a_snapshot_knows_the_old_requests(long: Mailboxes, ledger: Ledger) -> None:
    with ledger.connection() as connection:
        assert connection.execute("SELECT FROM snapshots WHERE stream = 'mailbox-11'").fetchone() is not None

    again = Stream(ledger, MAILBOX).handle("11", Put(letter="l-3"), context("put-3"))

    assert (again.repeated, again.version) == (True, 5)


def test_what_a_fingerprint_wrongly_promises_is_no_answer(long: Mailboxes) -> None:
    key = request_key("never-asked", "carrier-7")
    promised = Requests(older=(Older(1, 9, fingerprint_of(key)),))

    assert len([*promised.places(key)]) == 1
    assert long.states.answered("mailbox-11", Folded(state=INITIAL, requests=promised), key) is None


# The memory


def test_of_ten_thousand_requests_few_are_held_exactly() -> None:
    requests = noted(10_000)

    assert len(requests.newest) <= 2 * KEPT
    assert requests.weight < 4 * KEPT + 10_000 * 8 / 350
    assert len(requests.older) < 10


def test_every_request_is_found_or_has_a_place_to_look() -> None:
    requests = noted(10_000)

    for version in (1, KEPT, KEPT + 1, 5_000, 9_000):
        key = request_key(f"put-{version}", "carrier-7")
        assert [older.first <= version <= older.last for older in requests.places(key)] == [True]
    assert requests.get(request_key("put-10000", "carrier-7")) == Request("8c1f", 10_000, 10_000)


def test_a_request_keeps_all_its_events_where_it_ends_a_shelf() -> None:
    noting = noted(2 * KEPT).noting()
    for version in range(2 * KEPT + 1, 2 * KEPT + 4):
        noting.note(answering("several"), version)

    assert noting.done().get(request_key("several", "carrier-7")) == Request(
        "8c1f", 2 * KEPT + 1, 2 * KEPT + 3
    )


def test_noting_more_leaves_what_was_there_as_it_was() -> None:
    before = noted(2 * KEPT)

    noted(KEPT, before)

    assert (len(before.newest), before.older) == (2 * KEPT, ())


def test_the_cache_holds_so_many_requests_and_no_more() -> None:
    cache: Cache[None] = Cache(limit=100, most=3 * KEPT)
    for stream in ("a", "b", "c", "d"):
        cache.put(stream, Folded(state=None, version=KEPT, requests=noted(KEPT)))

    assert [cache.get(stream, 0) is not None for stream in ("a", "b", "c", "d")] == [False, True, True, True]


def test_a_stream_that_is_put_again_weighs_once() -> None:
    cache: Cache[None] = Cache(limit=100, most=3 * KEPT)
    cache.put("a", Folded(state=None, version=1, requests=noted(1)))
    for version in range(1, KEPT):
        cache.put("b", Folded(state=None, version=version, requests=noted(version)))

    assert cache.get("a", 0) is not None
