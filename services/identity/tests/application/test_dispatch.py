"""How far an endpoint has been told, where what happened comes out of order: over a real ledger."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from libs.ledger.ids import derived_id
from libs.ledger.personal import Personal
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.streams.stream import Stream
from libs.messaging.schema import migrate
from libs.notify.channel import Signed, TryLater
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.losing import lose_all_behind
from libs.testkit.postgres import TestServer
from services.identity.adapters.ledger import EVENTS
from services.identity.application.dispatch import TRIES, Dispatches
from services.identity.application.webhook_ports import Endpoint, Heard
from services.identity.domain.area import AREA
from services.identity.domain.client import CLIENT, RegisterClient
from services.identity.domain.dispatch import DISPATCH, Dispatch
from services.identity.domain.values import Role, Within
from services.identity.domain.webhook import STREAM, WEBHOOK, CaseEventHeard, RegisterWebhook

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
HOOK = "w-1"


def kept(text: str) -> Personal:
    return Personal("client-water", text)


def told(place: int) -> Heard:
    """An event that lies at a place in the ledger."""
    event = CaseEventHeard(
        event_id=f"e-{place}",
        kind="CaseClosed",
        case_id=f"c-{place}",
        area_id="",
        body_ids=(),
        revision=f"r{place}.2",
        system="",
        number="",
        happened_at=AT,
        recorded_at=AT,
    )
    return Heard(place=place, event=event)


@dataclass
class Town:
    """What was heard, and an endpoint that refuses some of it."""

    heard: list[Heard] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    got: list[str] = field(default_factory=list)
    held: Callable[[str], None] = lambda _: None
    hooks: list[str] = field(default_factory=lambda: [HOOK])
    now: datetime = AT

    def head(self) -> int:
        return max((each.place for each in self.heard), default=0)

    def after(self, place: int, _since: datetime, limit: int) -> Sequence[Heard]:
        return [each for each in self.heard if each.place > place][:limit]

    def gone(self) -> int:
        return 0

    def at(self, place: int) -> Heard | None:
        return next((each for each in self.heard if each.place == place), None)

    def all(self) -> Mapping[str, Endpoint]:
        return {each: Endpoint(until=0, again=0) for each in self.hooks}

    def new_secret(self) -> str:
        return "whsec_"

    def takes(self, url: str) -> bool:
        return bool(url)

    def send(self, message: Signed) -> None:
        self.held(message.id)
        if message.id in self.refused:
            raise TryLater("500")
        self.got.append(message.id)


def _migrated(dsn: str) -> None:
    migrate(dsn, "identity")


@pytest.fixture
def dsn(postgres_server: TestServer) -> Iterator[str]:
    database = postgres_server.copy_of("dispatch", _migrated)
    yield database
    postgres_server.drop(database)


@pytest.fixture
def ledger(dsn: str) -> Iterator[Ledger]:
    settings = LedgerSettings(dsn=dsn, service="identity", retry_for=5.0)
    with Ledger.connect(settings, EVENTS, MasterKey(bytes(range(32)))) as opened:
        yield opened


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def dispatches(ledger: Ledger, town: Town) -> Iterator[Dispatches]:
    """The loop, with one endpoint, that of the water works."""
    made = Dispatches(
        webhooks=Stream(ledger, WEBHOOK),
        stream=Stream(ledger, DISPATCH),
        clients=Stream(ledger, CLIENT),
        areas=Stream(ledger, AREA),
        heard=town,
        endpoints=town,
        carrier=town,
        clock=lambda: town.now,
        told=lambda _: None,
        trouble=lambda _, error: pytest.fail(str(error)),
    )
    let_in(made, "water", "feed.read")
    register(made, HOOK)
    yield made
    made.close()


def let_in(dispatches: Dispatches, client_id: str, *scopes: str) -> None:
    client = RegisterClient(
        client_id=client_id,
        name=client_id,
        role=Role.PARTNER,
        scopes=scopes,
        within=Within(),
        secret_hash=kept("hash"),
        at=AT,
    )
    dispatches.clients.handle(client_id, client, Context(actor="operator"))


def register(dispatches: Dispatches, webhook_id: str, client_id: str = "water") -> None:
    hook = RegisterWebhook(
        webhook_id=webhook_id,
        client_id=client_id,
        url=kept(f"https://water.example.org/{webhook_id}"),
        kinds=("CaseClosed",),
        secret=kept("whsec_"),
        at=AT,
    )
    dispatches.webhooks.handle(STREAM, hook, Context(actor=client_id))


def id_of(place: int) -> str:
    return derived_id(HOOK, f"e-{place}")


def works(dispatches: Dispatches) -> Dispatch:
    """One round, until its turns have ended; answers how far the endpoint is told."""
    dispatches.work(lambda: None)
    eventually(lambda: not dispatches._turns.running(), "the turn has ended")
    return dispatches.stream.load(HOOK).state


def test_an_endpoint_that_took_one_message_and_refused_the_next_is_failing(
    dispatches: Dispatches, town: Town
) -> None:
    town.heard += [told(11), told(12)]
    town.refused = {id_of(12)}

    state = works(dispatches)

    assert (town.got, state.until) == ([id_of(11)], 11)
    assert state.failed is not None
    assert state.failed.reason == "500"
    assert state.failed.failed_at == AT


def test_a_message_that_is_parked_holds_up_the_next_no_longer(dispatches: Dispatches, town: Town) -> None:
    town.heard = [told(11), told(12)]
    town.refused = {id_of(11)}
    for _ in range(TRIES):
        state = works(dispatches)
        town.now += timedelta(minutes=20)
    assert [each.message_id for each in state.parked] == [id_of(11)]
    town.now += timedelta(seconds=5) - timedelta(minutes=20)

    works(dispatches)

    assert town.got == [id_of(12)]


def test_what_is_heard_again_after_the_ledger_lost_it_is_sent(
    dispatches: Dispatches, ledger: Ledger, town: Town, dsn: str
) -> None:
    kept_until = ledger.head()
    town.heard = [told(11), told(12)]
    works(dispatches)
    lose(ledger, dsn, kept_until)

    town.heard = [told(9), told(10)]  # heard again, at places up to which the endpoint had been told
    state = works(dispatches)

    assert town.got == [id_of(11), id_of(12), id_of(9), id_of(10)]
    assert state.until == 10


def test_a_turn_that_outlasts_the_history_it_began_in_records_no_place_of_it(
    dispatches: Dispatches, ledger: Ledger, town: Town, dsn: str
) -> None:
    kept_until = ledger.head()
    town.heard = [told(11), told(12)]
    town.held = lambda message_id: lose(ledger, dsn, kept_until) if message_id == id_of(11) else None

    state = works(dispatches)

    assert (town.got, state.until) == ([id_of(11)], 0)


def lose(ledger: Ledger, dsn: str, position: int) -> None:
    """The ledger goes on elsewhere without its end, and this process has noticed."""
    before = ledger.life.number
    lose_all_behind(dsn, position, elsewhere=True)
    eventually(lambda: ledger.life.number > before, "it has noticed")


def test_many_endpoints_are_told_without_a_pause_between_their_turns(
    dispatches: Dispatches, town: Town
) -> None:
    """Eight have their turn at a time; the others wait for a place, not for the next round."""
    let_in(dispatches, "power", "feed.read")
    let_in(dispatches, "nobody", "cases.read")
    more = {f"w-{number}": "power" for number in range(2, 12)} | {f"x-{each}": "nobody" for each in range(9)}
    for webhook_id, client_id in more.items():
        register(dispatches, webhook_id, client_id)
    town.hooks += more
    town.heard = [told(11)]

    while dispatches.work(lambda: None):
        pass
    eventually(lambda: not dispatches._turns.running(), "the turns have ended")

    assert len(town.got) == len(set(town.got)) == 11


def test_draining_lasts_until_the_message_that_is_under_way_was_taken(
    dispatches: Dispatches, town: Town
) -> None:
    go_on, taken = Event(), list[str]()
    town.heard = [told(11)]
    town.held = lambda _: None if go_on.wait(patience.seconds(30)) else pytest.fail("it was not let go")
    dispatches.work(lambda: None)

    def drain() -> None:
        dispatches.drain()
        taken.extend(town.got)

    draining = Thread(target=drain)
    draining.start()
    go_on.set()

    draining.join(patience.seconds(30))
    assert taken == [id_of(11)]
