"""Letters: what waits for people who are told on paper is printed in batches.

A batch is recorded first, then written to a file, then recorded as delivered. A run that finds a batch that
was begun and never finished prints that one, so nothing is lost and nobody is in two batches.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream
from libs.rules.areas import NOWHERE, AreaPath, within
from services.identity.application.area import AreaStream, defined
from services.identity.application.delivery import Deliveries, address_at
from services.identity.domain import letter_refusals, letters, resident
from services.identity.domain.delivery import (
    DeliveryCommand,
    DropCause,
    DropDelivery,
    GiveChannelUp,
    RecordDelivered,
    Unprepared,
    Waiting,
)
from services.identity.domain.letter_wording import LetterText, letter
from services.identity.domain.letters import (
    MOST_LETTERS,
    Gathered,
    GatherLetters,
    LettersCommand,
    LettersEvent,
    LettersGathered,
    LetterTo,
    RecordPrinted,
)
from services.identity.domain.preferences import Choice, NoticeChannel
from services.identity.domain.resident import Registered

LettersStream = Stream[LettersCommand, letters.Letters, LettersEvent]
_CONTEXT = Context(actor="machine")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter to somebody, in words."""

    number: int
    resident_id: str
    area_path: AreaPath
    address: str = field(repr=False)
    text: LetterText = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A letter that is not written, and why."""

    number: int
    resident_id: str
    cause: DropCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A batch of letters, in words. `resumed`: an earlier run began it, and never finished."""

    batch: str
    gathered_at: datetime
    written: Sequence[Written]
    left_out: Sequence[LeftOut]
    resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """What is done about letters. `alone`: whether no other process prints meanwhile."""

    stream: LettersStream
    deliveries: Deliveries
    areas: AreaStream
    alone: Callable[[], AbstractContextManager[bool]]

    def print(self, area_id: str, at: datetime, write: Callable[[Bundle], None]) -> Bundle | None:
        """Print what waits, within an area if one is named; None: nothing waits."""
        path = defined(self.areas, area_id).path if area_id else NOWHERE
        with self._printing():
            last = self._last()
            begun = self._gathered(last)
            if begun is not None and not begun.printed:
                return self._finish(begun.batch, "", at, write, resumed=True)
            waiting = self._waiting(path)
            if not waiting:
                return None
            command = GatherLetters(batch=str(last + 1), letters=waiting, at=at)
            handled = self.stream.handle(command.batch, command, _CONTEXT)
            assert isinstance(handled.state, Gathered)  # noqa: S101  # it was gathered just now
            return self._finish(handled.state.batch, handled.revision, at, write)

    def print_again(self, batch: str, at: datetime, write: Callable[[Bundle], None]) -> Bundle:
        """Print a batch once more. Refuses LETTERS_UNKNOWN."""
        with self._printing():
            found = self._gathered(int(batch)) if batch.isascii() and batch.isdecimal() else None
            if found is None:
                raise letter_refusals.letters_are_unknown(batch)
            return self._finish(found.batch, "", at, write)

    @contextmanager
    def _printing(self) -> Iterator[None]:
        with self.alone() as alone:
            if not alone:
                raise letter_refusals.letters_are_being_printed()
            yield

    def _finish(
        self,
        gathered: LettersGathered,
        at_least: str,
        at: datetime,
        write: Callable[[Bundle], None],
        *,
        resumed: bool = False,
    ) -> Bundle:
        made = [
            self._written(number, each, gathered.gathered_at, at_least)
            for number, each in enumerate(gathered.letters, start=1)
        ]
        bundle = Bundle(
            batch=gathered.batch,
            gathered_at=gathered.gathered_at,
            written=[each for each in made if isinstance(each, Written)],
            left_out=[each for each in made if isinstance(each, LeftOut)],
            resumed=resumed,
        )
        write(bundle)
        for to, one in zip(gathered.letters, made, strict=True):
            for delivery_id in to.delivery_ids:
                self.deliveries.stream.handle(delivery_id, _became(one, at), _CONTEXT)
        self.stream.handle(gathered.batch, RecordPrinted(batch=gathered.batch, at=at), _CONTEXT)
        return bundle

    def _written(self, number: int, to: LetterTo, at: datetime, at_least: str) -> Written | LeftOut:
        person, chosen = self._reachable(to.resident_id)
        if person is None or chosen is None:
            return LeftOut(number=number, resident_id=to.resident_id, cause=DropCause.ERASED)
        address = address_at(NoticeChannel.LETTER, chosen, person)
        if not address:
            return LeftOut(number=number, resident_id=to.resident_id, cause=DropCause.NO_CHANNEL)
        states = [self.deliveries.stream.load(each).state for each in to.delivery_ids]
        prepared = [state.prepared for state in states if not isinstance(state, Unprepared)]
        ids = [notice_id for each in prepared for notice_id in each.notice_ids]
        name = person.name.value or ""
        text = letter(
            self.deliveries.notices.in_words(ids, chosen.time_zone, at_least),
            more=sum(each.count for each in prepared) - len(ids),
            name=name,
            at=at,
            zone=chosen.time_zone,
            language=chosen.language,
        )
        return Written(
            number=number,
            resident_id=to.resident_id,
            area_path=person.area_path,
            address=f"{name}\n{address}",
            text=text,
        )

    def _waiting(self, path: AreaPath) -> tuple[LetterTo, ...]:
        """The letters to be written within an area, those to whoever waits longest first."""
        found = dict[str, list[str]]()
        for resident_id, delivery_id in self._set_aside():
            if resident_id not in found and len(found) == MOST_LETTERS:
                continue
            state = self.deliveries.stream.load(delivery_id).state
            person, chosen = self._reachable(resident_id)
            if person is None or chosen is None or not isinstance(state, Waiting):
                continue
            reached = self.deliveries.reached(chosen, person, state)
            by_letter = reached is not None and reached[0] is NoticeChannel.LETTER
            if by_letter and within(person.area_path, path):
                found.setdefault(resident_id, []).append(delivery_id)
        return tuple(LetterTo(resident_id=who, delivery_ids=tuple(ids)) for who, ids in found.items())

    def _set_aside(self) -> Iterator[tuple[str, str]]:
        page = self.deliveries.reads.for_letters(None, _AT_ONCE)
        while page:
            yield from ((each.resident_id, each.delivery_id) for each in page)
            page = self.deliveries.reads.for_letters(page[-1], _AT_ONCE)

    def _reachable(self, resident_id: str) -> tuple[Registered | None, Choice | None]:
        person = self.deliveries.residents.load(resident_id).state
        if not isinstance(person, resident.Registered) or person.name.value is None:
            return None, None
        return person, self.deliveries.notices.choice_of(resident_id)

    def _last(self) -> int:
        """The number of the newest batch, 0 if there is none: they have no gaps."""
        there, beyond = 0, 1
        while self._gathered(beyond) is not None:
            there, beyond = beyond, 2 * beyond
        while beyond - there > 1:
            middle = (there + beyond) // 2
            there, beyond = (middle, beyond) if self._gathered(middle) is not None else (there, middle)
        return there

    def _gathered(self, number: int) -> Gathered | None:
        state = self.stream.load(str(number)).state
        return state if isinstance(state, Gathered) else None


def _became(made: Written | LeftOut, at: datetime) -> DeliveryCommand:
    """What is recorded of each delivery in a letter."""
    if isinstance(made, Written):
        return RecordDelivered(channel=NoticeChannel.LETTER, at=at)
    if made.cause is DropCause.NO_CHANNEL:
        return GiveChannelUp(channel=NoticeChannel.LETTER, reason="no address", at=at)
    return DropDelivery(cause=made.cause, at=at)
