"""Locates cases again when boundaries have changed, some at a time, beside everything else."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task, handle_many
from services.cases.application.area_index import other_areas
from services.cases.application.area_ports import UnlocatedReads
from services.cases.application.case import CaseStream
from services.cases.application.ports import Picture
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.case_areas import CaseAreas, CaseLocated, LocateCase
from services.cases.domain.likeness import point_of
from services.cases.domain.locating import CasesLocated, Located, MarkLocated
from services.cases.domain.values import Point

CaseAreasStream = Stream[LocateCase, CaseAreas, CaseLocated]
LocatingStream = Stream[MarkLocated, Located, CasesLocated]

STREAM = "all"
TOGETHER = 100
"""Cases in one append. While it is written, nobody else's append is: so there are not too many."""
REST = timedelta(seconds=5)
"""Fewer cases than that, opened since on redrawn ground, wait for so long: each append stays for ever."""
_STRETCH = 0.5
"""Seconds of work, after which it rests for as long."""
_CONTEXT = Context(actor="locating")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLocating:
    """What is done when boundaries have changed."""

    cases: CaseStream
    areas: CaseAreasStream
    progress: LocatingStream
    reads: UnlocatedReads
    picture: Picture
    clock: Callable[[], datetime]

    def work(self, leads: Callable[[], None]) -> int:
        """Go on for a while with what is to be located; 0, so that the others are served next.

        `leads` raises when another process does this by now.
        """
        began = time.monotonic()
        while self.some() and time.monotonic() - began < _STRETCH:
            leads()
        return 0

    def some(self) -> int:
        """Locate the next cases in one append with how far that is; answers how many they were."""
        done = self.progress.load(STREAM).state
        known, opened = self.reads.unlocated(done, TOGETHER)
        picture = self.picture()
        if not opened or picture.known < known:
            return 0
        at = self.clock()
        if len(opened) < TOGETHER and done.rests(known, min(opened.values()), at, REST):
            return 0
        mark = MarkLocated(known=known, until=max(opened.values()), at=at)
        histories = self.cases.ledger.read_streams({self.cases.name(each): 0 for each in opened}, 1)
        tasks: list[Task] = []
        for recorded in (history[0] for history in histories.values() if history):
            event = recorded.event
            if not isinstance(event, CaseOpened):
                continue
            point = _place(event)
            if point is not None:  # else its reporter was erased: what was found before stays
                areas = other_areas(picture.index, picture.area_ends, point, event.area_path, event.at)
                locate = LocateCase(case_id=event.case_id, areas=areas, at=at)
                tasks.append((self.areas, event.case_id, locate, _CONTEXT))
        handle_many(self.cases.ledger, [*tasks, (self.progress, STREAM, mark, _CONTEXT)])
        return len(opened)


def _place(opened: CaseOpened) -> Point | None:
    """Its place, unless its reporter was erased; older events have it in clear."""
    texts = (opened.description, opened.address, opened.contact, opened.place)
    if any(text is not None and text.value is None for text in texts):
        return None
    return point_of(opened) or opened.point
