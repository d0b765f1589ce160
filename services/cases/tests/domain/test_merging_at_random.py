"""Cases are merged, given back and worked on in any order: no limit moves later, no reporter is lost."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import example
from hypothesis import given as for_all
from hypothesis import strategies as st

from libs.ledger.decider import Refusal
from services.cases.domain.case import commands as asked
from services.cases.domain.case.situations import Merged
from services.cases.domain.clocks import ClockKind
from services.cases.tests.domain.acting import command_of
from services.cases.tests.domain.history import MONDAY
from services.cases.tests.domain.town import Town, clock_of

CASES = ("a", "b", "c", "d")
OPENED = {"a": (0, 3), "b": (1, 1), "c": (2, 5), "d": (3, 3)}
"""On which day, and dealt with in how many working days."""
WORK = ("accept", "start", "pause", "resume", "answer", "return", "reassign", "resolve", "reopen", "close")

Act = tuple[str, str, str, int]
one = st.sampled_from(CASES)
merges = st.tuples(st.just("merge"), one, one, st.integers(0, 3000))
unmerges = st.tuples(st.just("unmerge"), one, st.just(""), st.integers(0, 3000))
work = st.tuples(st.sampled_from(WORK), one, st.just(""), st.integers(0, 3000))
stories = st.lists(st.one_of(merges, unmerges, work), max_size=14)


@dataclass
class Story:
    """What happens, beside the same without any merge."""

    town: Town = field(default_factory=Town)
    alone: Town = field(default_factory=Town)
    at: int = 60 * 24 * 3

    def __post_init__(self) -> None:
        for town in (self.town, self.alone):
            for case_id, (day, days) in OPENED.items():
                town.opens(case_id, MONDAY + timedelta(days=day), days=days)

    def tell(self, act: Act) -> None:
        """One act, unless it is refused."""
        word, case_id, into, later = act
        self.at += later
        at = MONDAY + timedelta(minutes=self.at)
        with suppress(Refusal):
            if word == "merge":
                self._merge(case_id, into)
            elif word == "unmerge":
                self.town.unmerges(case_id, at)
            else:
                self.town.does(case_id, command_of(word, at))
                with suppress(Refusal):
                    self.alone.does(case_id, command_of(word, at))

    def _merge(self, case_id: str, into: str) -> None:
        before = {clock.deadline.clock: clock for clock in self.town.file(into).clocks}
        self.town.merges(case_id, into, MONDAY + timedelta(minutes=self.at))
        for kind, clock in before.items():
            now = clock_of(self.town.file(into).clocks, kind)
            waited = clock.paused_at is not None  # its pause so far has moved it now
            assert waited or now.deadline.due_at <= clock.deadline.due_at
            assert now.breached or not clock.breached

    def root(self, case_id: str) -> str:
        """The case in which a report goes on."""
        state = self.town.state(case_id)
        return self.root(state.into_case_id) if isinstance(state, Merged) else case_id


@for_all(stories)
def test_no_limit_is_later_than_without_any_merge(acts: list[Act]) -> None:
    story = Story()

    for act in acts:
        story.tell(act)

        for case_id in CASES:
            for promised in story.alone.file(case_id).clocks:
                held = clock_of(story.town.file(story.root(case_id)).clocks, promised.deadline.clock)
                if promised.met_at is None:
                    assert held.deadline.due_at <= promised.deadline.due_at


@for_all(stories)
def test_no_reporter_is_lost_and_none_is_counted_twice(acts: list[Act]) -> None:
    story = Story()

    for act in acts:
        story.tell(act)

        for case_id in CASES:
            heard = [report.case_id for report in story.town.file(story.root(case_id)).reports]
            assert heard.count(case_id) == 1
        roots = {story.root(case_id) for case_id in CASES}
        assert sum(len(story.town.file(root).reports) for root in roots) == len(CASES)


TWO_GIVEN_BACK: list[Act] = [
    ("unmerge", "a", "", 718), ("unmerge", "a", "", 3000),
    ("merge", "a", "d", 533), ("merge", "c", "d", 1870),
]  # fmt: skip


@example(TWO_GIVEN_BACK)
@for_all(stories)
def test_what_is_given_back_stands_as_if_it_had_never_been_merged(acts: list[Act]) -> None:
    story = Story()
    for act in acts:
        if act[0] in ("merge", "unmerge"):
            story.tell(act)
    end = MONDAY + timedelta(minutes=story.at, days=60)

    for _ in CASES:
        for case_id in CASES:
            with suppress(Refusal):
                story.town.unmerges(case_id, end)
    story.town.passes(end)
    story.alone.passes(end)

    for case_id in CASES:
        assert story.town.file(case_id).clocks == story.alone.file(case_id).clocks


@for_all(stories, st.integers(1, 90))
def test_a_merged_case_says_nothing_more_until_it_is_given_back(acts: list[Act], days: int) -> None:
    story = Story()
    for act in acts:
        story.tell(act)

    for case_id in CASES:
        if isinstance(story.town.state(case_id), Merged):
            later = MONDAY + timedelta(minutes=story.at, days=days)
            assert story.town.does(case_id, asked.PassMoments(at=later)) == []


def test_the_stories_are_not_all_refused() -> None:
    story = Story()
    story.tell(("merge", "a", "b", 10))
    story.tell(("merge", "b", "c", 10))
    story.tell(("unmerge", "b", "", 10))
    story.tell(("accept", "c", "", 10))

    assert [story.root(case_id) for case_id in CASES] == ["b", "b", "c", "d"]
    assert clock_of(story.town.file("c").clocks, ClockKind.FIRST_RESPONSE).met_at is not None
