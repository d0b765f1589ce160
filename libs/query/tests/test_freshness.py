"""How new an answer must be."""

import time
from dataclasses import dataclass, field

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.views.view import ViewBehind
from libs.query.freshness import PATIENCE, Fresh
from libs.rpc.call import Call
from libs.rpc.tests.greeter import message

REQUEST = message("ListNotesRequest")(at_least="r7.2")


def test_a_query_waits_for_the_revision_it_names() -> None:
    assert Fresh.of(REQUEST, Call()) == Fresh("r7.2", PATIENCE)


def test_nobody_waits_beyond_the_callers_deadline() -> None:
    hurried = Call(deadline=time.monotonic() + 1)

    assert 0 <= Fresh.of(REQUEST, hurried).patience <= 1


@dataclass
class Recording:
    """A ledger whose head moves on whenever the store is asked."""

    heads: list[int]
    known_head: int = 5
    waited: list[int] = field(default_factory=list)

    def head(self) -> int:
        return self.heads.pop(0) if len(self.heads) > 1 else self.heads[0]

    def wait(self, after: int, timeout: float) -> bool:
        self.waited.append(after)
        return True


@pytest.mark.parametrize("at_least", ["", "r0.0", "r5.2"])
def test_an_answer_from_a_stream_waits_for_nothing_that_is_known(at_least: str) -> None:
    recording = Recording([5])

    Fresh(at_least).wait_for(recording)

    assert recording.waited == []


def test_an_answer_from_a_stream_waits_until_the_ledger_has_got_there() -> None:
    recording = Recording([5, 6, 7])

    Fresh("r7.1").wait_for(recording)

    assert recording.waited == [5, 6]


def test_an_answer_from_a_stream_gives_up_in_time() -> None:
    with pytest.raises(ViewBehind):
        Fresh("r99999.1", patience=0).wait_for(Recording([5]))
    with pytest.raises(Refusal, match="REVISION_MALFORMED"):
        Fresh("zzz").wait_for(Recording([5]))
