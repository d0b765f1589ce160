"""Whatever everybody tries with two reports of one hole: supervision counts what the cases say."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.ledger.recorded import Context, Recorded
from libs.messaging.reactions import Reaction
from libs.testkit.clocks import START
from libs.testkit.views import folded
from services.cases.adapters.publishing import publish
from services.cases.domain.case.situations import Merged, body_of
from services.cases.domain.clocks import ClockKind
from services.cases.tests.application.test_everybody_merges import AGAIN, HOLE, Attempt, Story, attempts, told
from services.cases.tests.domain.town import clock_of
from services.supervision.adapters.views.case_facts import CaseFacts
from services.supervision.entrypoints.reactions import CASE_EVENTS
from services.supervision.tests.published import fact


class Ledger:
    """Events as they are recorded, of several streams."""

    def __init__(self) -> None:
        self._positions = count(1)
        self._versions: dict[str, int] = {}

    def record(self, stream: str, event: Any) -> Recorded[Any]:
        """One more event of a stream."""
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        return Recorded(
            stream=stream,
            version=version,
            position=next(self._positions),
            name=type(event).__name__,
            event=event,
            metadata=Context(actor="somebody").metadata(START),
            recorded_at=START,
        )


def happened(attempts: list[Attempt], *, owned: bool) -> tuple[Story, list[tuple[str, Any]]]:
    """The story at its end, and what happened to which case, in the order of time."""
    heard, events, story = {HOLE: 0, AGAIN: 0}, list[tuple[str, Any]](), Story(owned)
    for story in told(attempts, owned=owned):
        for case_id, number in heard.items():
            events += ((case_id, event) for event in story.town.told[case_id][number:])
            heard[case_id] = len(story.town.told[case_id])
    return story, events


def noted(events: Iterable[tuple[str, Any]]) -> Iterator[Recorded[Any]]:
    """What supervision records of it."""
    theirs, ours = Ledger(), Ledger()
    for case_id, event in events:
        recorded = theirs.record(f"case-{case_id}", event)
        published = publish(recorded)
        if published is None or (when := CASE_EVENTS.get(type(published.message))) is None:
            continue
        envelope = fact(published.message, version=recorded.version, at=event.at, sequence=recorded.position)
        for answer in when(published.message, envelope):
            assert isinstance(answer, Reaction)
            yield ours.record(f"case_record-{case_id}", answer.command.fact)


@given(attempts, st.booleans())
def test_the_scoreboard_counts_what_the_cases_say_whatever_is_merged(
    attempts: list[Attempt], owned: bool
) -> None:
    story, events = happened(attempts, owned=owned)

    rows = folded(CaseFacts(), noted(events)).all("cases")

    assert len(rows) == 2
    for row in rows:
        case_id = row["case_id"]
        state = story.town.state(case_id)
        assert row["state"].replace("_", "") == type(state).__name__.lower()
        if not isinstance(state, Merged):
            resolution = clock_of(state.file.clocks, ClockKind.RESOLUTION)
            response = clock_of(state.file.clocks, ClockKind.FIRST_RESPONSE)
            assert row["body_id"] == body_of(state)
            assert row["due_at"] == resolution.deadline.due_at
            assert row["resolution_breached"] == resolution.breached
            assert row["first_response_breached"] == response.breached
