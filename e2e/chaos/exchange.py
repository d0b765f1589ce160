"""What a consumer's ledger holds of a neighbour's events, against what it should hold.

Each event that calls for something is decided again, by the consumer's own pure functions, on the
state that its stream had: exactly those events must lie there, named by their cause. So one that is
missing is found, and one that took effect twice, too early or too late.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from linli.feed.v1 import feed_service_pb2 as feed

from e2e.chaos.evidence import Evidence, Stored
from libs.ledger.decider import Decider, Refusal
from libs.messaging.reactions import Answers, Erasure, Reaction
from libs.messaging.translate import fact_of


def exchanged(consumer: Evidence, upstream: Evidence) -> Iterator[str]:
    """All that is wrong with what `consumer` made of `upstream`'s events."""
    told = f"{consumer.name} from {upstream.name}"
    reactions = {
        message.DESCRIPTOR.full_name: (message, when)
        for message, when in consumer.opened.service.subscriptions[upstream.name].items()
    }
    wanted = [event for event in upstream.published if event.type in reactions]
    effects = _Effects(consumer, frozenset(event.id for event in wanted))
    for event in wanted:
        message, when = reactions[event.type]
        for wrong in effects.judge(event, when(message.FromString(event.data.value), fact_of(event))):
            yield f"{told}: {event.type} of {event.subject}, at {event.sequence}, {wrong}"
    last = wanted[-1].sequence if wanted else 0
    reached = consumer.opened.ledger.checkpoint(upstream.opened.source.name)
    if not last <= reached <= upstream.head:
        yield f"{told}: handled up to {reached}; what calls for something ends at {last} of {upstream.head}"


@dataclass(slots=True)
class _Line:
    """One stream of the consumer, replayed along with the neighbour's events: `passed` are behind us."""

    name: str
    decider: Decider[Any, Any, Any]
    events: Sequence[Stored]
    state: Any
    passed: int = 0
    by_cause: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for number, event in enumerate(self.events):
            if event.metadata.causation_id:
                self.by_cause[event.metadata.causation_id].append(number)

    def advance(self, number: int) -> None:
        """Go on until `number` events are behind us."""
        self.state = self.decider.fold([each.event for each in self.events[self.passed : number]], self.state)
        self.passed = number

    def decided(self, commands: Iterable[Any], state: Any) -> list[Any] | Refusal:
        """What the commands come to, in order, on a state."""
        decided: list[Any] = []
        try:
            for command in commands:
                events = self.decider.decide(command, state)
                state = self.decider.fold(events, state)
                decided += events
        except Refusal as refusal:
            return refusal
        return decided


class _Effects:
    """A consumer's streams, followed in the order in which one neighbour's events should have met them."""

    def __init__(self, consumer: Evidence, causes: frozenset[str]) -> None:
        """`causes`: the ids of all the neighbour's events that call for something."""
        self._consumer = consumer
        self._causes = causes
        self._lines: dict[str, _Line] = {}
        self._last: dict[str, Stored] = {}

    def judge(self, event: feed.Event, answers: Answers) -> Iterator[str]:
        """What is wrong with the effects of the neighbour's next event."""
        commands: dict[str, list[Any]] = defaultdict(list)
        for answer in answers:
            if isinstance(answer, Erasure):
                yield from self._erasure(answer)
            else:
                commands[self._line(answer).name].append(answer.command)
        for name, for_stream in commands.items():
            line = self._lines[name]
            numbers = line.by_cause.get(event.id)
            if numbers:
                yield from self._effect(line, event, numbers, for_stream)
            else:
                yield from self._nothing(line, for_stream)

    def _line(self, answer: Reaction[Any]) -> _Line:
        stream = self._consumer.opened.streams.of(answer.decider)
        name = stream.name(answer.id)
        if name not in self._lines:
            events = self._consumer.streams.get(name, [])
            self._lines[name] = _Line(name, stream.decider, events, stream.decider.initial)
        return self._lines[name]

    def _effect(
        self, line: _Line, event: feed.Event, numbers: Sequence[int], commands: Sequence[Any]
    ) -> Iterator[str]:
        effects = [line.events[number] for number in numbers]
        places = ", ".join(str(effect.position) for effect in effects)
        lies = f"{_names(effect.event for effect in effects)} at {places} in {line.name}"
        if numbers[-1] - numbers[0] != len(numbers) - 1:
            yield f"took effect twice: {lies}"
            return
        yield from self._in_order(event, effects[0])
        if numbers[0] < line.passed:
            yield f"took effect out of order: {lies}, before what came before it"
        elif wrong := _compared(line, numbers, commands):
            yield f"{wrong}: {lies}"

    def _nothing(self, line: _Line, commands: Sequence[Any]) -> Iterator[str]:
        """No effect is right if, after the effects before it, there was a moment with nothing to do."""
        said, state = "", line.state
        for number in range(line.passed, len(line.events) + 1):
            due = line.decided(commands, state)
            if not due:
                return
            here = f"refused with {due.code}" if isinstance(due, Refusal) else f"{_names(due)} was due"
            said = said or here
            if number == len(line.events) or line.events[number].metadata.causation_id in self._causes:
                break  # what comes now is the effect of another event of theirs
            state = line.decider.evolve(state, line.events[number].event)
        yield f"had no effect in {line.name}: {said}"

    def _in_order(self, event: feed.Event, effect: Stored) -> Iterator[str]:
        """Effects of one subject's events come in the order of the events, whatever streams they are in."""
        before = self._last.get(event.subject)
        self._last[event.subject] = effect
        if before is not None and before.position > effect.position:
            yield (
                f"took effect out of order: at {effect.position}, and an earlier event of its subject"
                f" at {before.position}"
            )

    def _erasure(self, answer: Erasure) -> Iterator[str]:
        try:
            self._consumer.opened.ledger.keys.to_encipher(answer.subject)
        except Refusal:
            return  # the key is destroyed
        yield f"did not erase {answer.subject}"


def _compared(line: _Line, numbers: Sequence[int], commands: Sequence[Any]) -> str:
    """Go on to behind these events; what is wrong with them, "" if they are what the commands come to."""
    try:
        line.advance(numbers[0])
        due = line.decided(commands, line.state)
        line.advance(numbers[-1] + 1)
    except Exception as error:  # noqa: BLE001  # a history that the domain cannot fold is a finding, too
        return f"stands in a stream that makes no sense ({type(error).__name__}: {error})"
    if isinstance(due, Refusal):
        return f"took effect where it is refused with {due.code}"
    found = [line.events[number].event for number in numbers]
    if found == due:
        return ""
    return "took effect twice" if found[: len(due)] == due else f"should have led to {_names(due)}"


def _names(events: Iterable[Any]) -> str:
    return ", ".join(type(event).__name__ for event in events) or "nothing"
