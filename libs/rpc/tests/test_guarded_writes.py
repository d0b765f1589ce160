"""An api method that forgets to look at its caller's reach can store nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.streams.stream import Stream, handle_many
from libs.ledger.tests.mailbox import EVENTS, MAILBOX, Empty, Open
from libs.messaging.schema import migrate
from libs.rpc.client import connect
from libs.rpc.failures import RpcFailed
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.testkit.rpc import Mint, serving

Mailboxes = Stream[Any, Any, Any]
Write = Callable[[Mailboxes, Context], object]
OPEN = Open(owner="resident-1", name="Ada")


def write_one(mailboxes: Mailboxes, context: Context) -> object:
    return mailboxes.handle("11", OPEN, context)


def write_several(mailboxes: Mailboxes, context: Context) -> object:
    return handle_many(mailboxes.ledger, [(mailboxes, "11", OPEN, context)])


class Writing(Greeter):
    """Serves GetNote (DATA_SCOPE_AREA_OR_BODY) by writing; a note to be checked is checked first."""

    def __init__(self, mailboxes: Mailboxes, write: Write) -> None:
        super().__init__()
        self._mailboxes = mailboxes
        self._write = write

    def get_note(self, request: Any, call: Any) -> Any:
        if request.note_id == "checked":
            call.require(area_path="la/central")
        self._write(self._mailboxes, call.context())
        return message("GetNoteResponse")()


@pytest.fixture
def mailboxes(database: str) -> Iterator[Mailboxes]:
    migrate(database, "post")
    ledger = Ledger.connect(LedgerSettings(dsn=database, service="post"), EVENTS, MasterKey.generate())
    yield Stream(ledger, MAILBOX)
    ledger.close()


@pytest.fixture(params=[write_one, write_several])
def writing(request: pytest.FixtureRequest, mailboxes: Mailboxes, mint: Mint) -> Iterator[Any]:
    server = Server(ServerSettings(), mint.verifier)
    server.add(SERVICE, Writing(mailboxes, request.param))
    with serving(server) as address, connect(address, mint.person("OPERATOR")) as client:
        yield client.service(SERVICE)


def test_what_nobody_checked_is_not_stored(writing: Any, mailboxes: Mailboxes) -> None:
    with pytest.raises(RpcFailed) as no:
        writing.get_note(message("GetNoteRequest")(note_id="forgotten"))

    assert no.value.reason == "ACCESS_NOT_CHECKED"
    assert mailboxes.ledger.head() == 0


def test_what_was_checked_is_stored(writing: Any, mailboxes: Mailboxes) -> None:
    writing.get_note(message("GetNoteRequest")(note_id="checked"))

    assert [one.name for one in mailboxes.history("11")] == ["post.mailbox_opened.v1"]


def test_a_guard_comes_after_the_permit_and_before_the_decision(mailboxes: Mailboxes) -> None:
    asked: list[str] = []

    def guard() -> None:
        asked.append("guard")

    with pytest.raises(Refusal, match="MAILBOX_UNKNOWN"):
        mailboxes.handle(
            "11", Empty(), Context(actor="a", guard=guard), lambda _state: asked.append("permit")
        )

    assert asked == ["permit", "guard"]
