"""How new an answer must be."""

import time

from libs.query.freshness import PATIENCE, Fresh
from libs.rpc.call import Call
from libs.rpc.tests.greeter import message

REQUEST = message("ListNotesRequest")(at_least="r7.2")


def test_a_query_waits_for_the_revision_it_names() -> None:
    assert Fresh.of(REQUEST, Call()) == Fresh("r7.2", PATIENCE)


def test_nobody_waits_beyond_the_callers_deadline() -> None:
    hurried = Call(deadline=time.monotonic() + 1)

    assert 0 <= Fresh.of(REQUEST, hurried).patience <= 1
