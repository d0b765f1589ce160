"""How new an answer must be."""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.revision import Revision, parse_revision
from libs.ledger.views.view import ViewBehind
from libs.query.freshness import PATIENCE, Fresh
from libs.rpc.access import PERSON, caller_of
from libs.rpc.call import Call
from libs.rpc.tests.greeter import message

REQUEST = message("ListNotesRequest")(at_least="r7.2")
MEI = caller_of("mei", PERSON, [])


def test_a_query_waits_for_the_revision_it_names() -> None:
    assert Fresh.of(REQUEST, Call(caller=MEI)) == Fresh("r7.2", PATIENCE)


def test_nobody_waits_beyond_the_callers_deadline() -> None:
    hurried = Call(caller=MEI, deadline=time.monotonic() + 1)

    assert 0 <= Fresh.of(REQUEST, hurried).patience <= 1


def test_nobody_waits_without_a_token() -> None:
    assert Fresh.of(REQUEST, Call()) == Fresh("r7.2", 0.0)
    assert Fresh.of(REQUEST, Call(deadline=time.monotonic() + 60)) == Fresh("r7.2", 0.0)


def test_a_query_waits_where_its_call_may() -> None:
    @dataclass
    class Room:
        asked: list[str] = field(default_factory=list)

        def place(self, who: str) -> AbstractContextManager[None]:
            self.asked.append(who)
            return nullcontext()

    room = Room()

    with Fresh.of(REQUEST, Call(caller=MEI, room=room)).aside():
        assert room.asked == ["mei"]


@dataclass
class Recording:
    """A ledger that holds more than this process has heard of, once the store is asked."""

    newest: int
    known_head: int = 5
    asked: int = 0

    def head(self) -> int:
        self.asked += 1
        return self.newest

    def seen(self, token: str, field: str = "at_least") -> Revision:
        return parse_revision(token, field) if token else Revision(0, 0)

    def revision(self, position: int, version: int = 0) -> str:
        return str(Revision(position, version))


@pytest.mark.parametrize("at_least", ["", "r0.0", "r5.2"])
def test_what_is_known_to_be_recorded_is_not_asked_for(at_least: str) -> None:
    recording = Recording(newest=9)

    Fresh(at_least).assure_recorded(recording)

    assert recording.asked == 0


def test_what_another_process_has_recorded_is_there() -> None:
    recording = Recording(newest=7)

    Fresh("r7.1").assure_recorded(recording)

    assert recording.asked == 1


def test_what_nobody_has_recorded_is_refused_after_one_question() -> None:
    recording = Recording(newest=7)

    with pytest.raises(ViewBehind):
        Fresh("r8.1", patience=3600).assure_recorded(recording)

    assert recording.asked == 1


def test_what_is_no_revision_is_refused_by_name() -> None:
    with pytest.raises(Refusal, match="REVISION_MALFORMED"):
        Fresh("zzz").assure_recorded(Recording(newest=5))
