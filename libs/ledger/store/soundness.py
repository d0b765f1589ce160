"""Whether the committer's own connection could commit just now: asked between batches, never during one."""

import logging
import threading
import time
from collections.abc import Callable

import psycopg

from libs.ledger.datastore import told
from libs.ledger.errors import LedgerUnavailable

log = logging.getLogger(__name__)

_LATELY = 0.5  # seconds for which what was found out is believed: whoever asks often disturbs nobody
_LONG = 10.0  # seconds after which a commit under way is taken for one that the store has forgotten


class Question:
    """Waits in the committer's queue among the appends."""

    def __init__(self) -> None:
        self.answered = threading.Event()


class Soundness:
    """What the committer's thread has found out about its connection, for those who ask from other threads.

    `probe` raises if the connection could not commit; `reconnect` then drops it.
    """

    def __init__(self, probe: Callable[[], None], reconnect: Callable[[psycopg.Error], object]) -> None:
        self._probe = probe
        self._reconnect = reconnect
        self._trouble, self._found_out = "", float("-inf")
        self._pending: Question | None = None
        self._asked = 0.0

    def question(self, put: Callable[[Question], None]) -> Question | None:
        """What to wait for: one question for all who ask at once, None where the answer is known.

        `put` puts it into the committer's queue.
        """
        if time.monotonic() - self._found_out < _LATELY:
            return None
        question = self._pending
        if question is None:
            question = self._pending = Question()
            put(question)
        return question

    def told(self, question: Question | None, patience: float, committing: Callable[[], float]) -> str:
        """What is wrong, or nothing; waits for the answer for `patience` seconds.

        Who is not answered by then hears what the batch under way runs into, if anything.
        """
        if question is None or question.answered.wait(patience) or self._trouble:
            return self._trouble
        asked = self._asked
        silent, most = (time.monotonic() - asked, patience / 2) if asked else (committing(), _LONG)
        return f"it has not answered for {silent:.0f} s" if silent > most else ""

    def answer(self, question: Question) -> None:
        """Ask the connection; in the committer's thread."""
        self._asked = time.monotonic()
        try:
            self._probe()
        except psycopg.Error as error:
            self._reconnect(error)
            self.found(told(error))
        except LedgerUnavailable as error:
            self.found(str(error))
        except Exception as error:  # whatever it is, appends go on
            log.exception("the committer's connection cannot be asked")
            self.found(type(error).__name__)
        else:
            self.found("")
        self._asked = 0.0
        self._pending = None
        question.answered.set()

    def found(self, trouble: str) -> None:
        """Note how the last attempt at a commit went ("" for well)."""
        self._trouble, self._found_out = trouble, time.monotonic()
