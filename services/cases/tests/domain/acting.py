"""Whatever people may do to a case: arbitrary acts at arbitrary times, refused ones left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter

from hypothesis import strategies as st

from libs.ledger.decider import Refusal
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    AcceptCase,
    AddNote,
    AnswerReporter,
    CaseCommand,
    CloseCase,
    ConfirmResolution,
    ContestRejection,
    PassMoments,
    RejectCase,
    ReleaseCase,
    ReopenCase,
    ResumeCase,
    ReturnCase,
    StartWork,
    WithdrawCase,
)
from services.cases.domain.case.events import CaseEvent
from services.cases.domain.case.situations import Case
from services.cases.tests.domain.history import (
    MONDAY,
    OFFICE,
    PARKS,
    ROADS,
    approve_pause,
    opened,
    pause,
    reassign,
    refuse_pause,
    request_pause,
    resolve,
    routed,
)

minutes = st.integers(0, 60 * 24 * 12)


def command_of(kind: str, at: datetime) -> CaseCommand:  # noqa: C901  # a table
    """What somebody asks for at a moment."""
    match kind:
        case "reassign":
            return replace(reassign(PARKS if at.minute % 2 else ROADS), at=at)
        case "note":
            return AddNote(text="x", to_reporter=False, at=at)
        case "answer":
            return AnswerReporter(text="x", at=at)
        case "resume":
            return ResumeCase(calendars={"office": OFFICE}, at=at)
        case "pause":
            return pause(at)
        case "ask for a pause":
            return request_pause(at, at + timedelta(days=9))
        case "let wait":
            return approve_pause(at, f"pause-{at.minute % 2 + 1}")
        case "let not wait":
            return refuse_pause(at, f"pause-{at.minute % 2 + 1}")
        case "resolve":
            return resolve(at)
        case "reject":
            return RejectCase(reason_code="unclear", at=at)
        case "reopen":
            return ReopenCase(by_reporter=True, imported=False, at=at)
        case _:
            return PLAIN[kind](at=at)


PLAIN: dict[str, Callable[..., CaseCommand]] = {
    "accept": AcceptCase,
    "return": ReturnCase,
    "start": StartWork,
    "confirm": ConfirmResolution,
    "close": CloseCase,
    "contest": ContestRejection,
    "pass": PassMoments,
    "withdraw": WithdrawCase,
    "release": ReleaseCase,
}
ASKING = ("ask for a pause", "let wait", "let not wait")
SAID = (*ASKING, "pause", "reassign", "note", "answer", "resume", "resolve", "reject", "reopen")
acts = st.lists(st.tuples(st.sampled_from([*PLAIN, *SAID]), minutes), max_size=12)


def play(acts: list[tuple[str, int]], *, imported: bool = False) -> tuple[Case, list[CaseEvent]]:
    """The state and the events after the acts that were not refused, in the order of time."""
    commands = [(command_of(kind, MONDAY + timedelta(minutes=minute)), minute) for kind, minute in acts]
    return play_on([opened(imported=imported), routed()], commands)


def play_on(
    history: Sequence[CaseEvent], commands: Iterable[tuple[CaseCommand, int]]
) -> tuple[Case, list[CaseEvent]]:
    """The same for a history and commands, each with its minute."""
    events = list(history)
    state: Case = CASE.fold(events)
    for command, _ in sorted(commands, key=itemgetter(1)):
        try:
            new = CASE.decide(command, state)
        except Refusal:
            continue
        events.extend(new)
        state = CASE.fold(new, state)
    return state, events
