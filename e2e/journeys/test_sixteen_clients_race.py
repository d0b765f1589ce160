"""Sixteen clients at once on the same cases: one order of things, and each thing has one effect elsewhere."""

import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.journeys.feeds import heard_of_needs
from e2e.journeys.ledgers import all_services, gaps, ledger_of, streams_of
from e2e.journeys.racing import Deed, Racer, race, send
from e2e.journeys.town import WATER, Town
from libs.rpc.credentials import Token
from libs.rpc.naming import snake_case
from libs.testkit import patience
from libs.testkit.views import assert_rebuilt_equals_live

CLIENTS = 16
APART = 4
"""So many of them run in processes of their own, two in each."""
CASES = 6
TRIES = 50
AFFAIR = "raced"

LEADS_TO = {
    "case_opened": "SUBMITTED",
    "case_routed": "ROUTED",
    "case_accepted": "ACCEPTED",
    "case_returned": "SUBMITTED",
    "case_reassigned": "ROUTED",
    "work_started": "IN_PROGRESS",
    "case_paused": "WAITING",
    "case_resumed": "IN_PROGRESS",
    "case_resolved": "RESOLVED",
    "case_closed": "CLOSED",
    "case_reopened": "ACCEPTED",
}
COMES_FROM = {
    "case_accepted": {"ROUTED"},
    "case_returned": {"ROUTED", "ACCEPTED"},
    "case_reassigned": {"SUBMITTED", "ROUTED", "ACCEPTED", "IN_PROGRESS"},
    "work_started": {"ROUTED", "ACCEPTED"},
    "case_paused": {"IN_PROGRESS"},
    "case_resumed": {"WAITING"},
    "case_resolved": {"ROUTED", "ACCEPTED", "IN_PROGRESS"},
    "case_closed": {"RESOLVED"},
    "case_reopened": {"RESOLVED", "CLOSED"},
}
"""The states of a case, told again: by the names of its events alone."""


@dataclass(frozen=True, slots=True)
class Raced:
    """What everybody did, and what every case remembers of it."""

    deeds: Sequence[Deed]
    history: dict[str, Sequence[cases.HistoryEntry]]
    tokens: dict[str, str]

    @property
    def done(self) -> list[Deed]:
        """Those that were not refused."""
        return [deed for deed in self.deeds if deed.done]


@pytest.fixture(scope="module")
def raced(town: Town) -> Raced:
    town.take_on(AFFAIR, WATER)
    reporter = town.resident("reporter")
    case_ids = tuple(town.report(reporter, affair_id=AFFAIR, assisted=True).case_id for _ in range(CASES))
    tokens = {f"racer-{n}": _token(town, f"racer-{n}") for n in range(CLIENTS)}
    racers = [
        Racer(town.platform.address, actor, token, case_ids, TRIES, seed)
        for seed, (actor, token) in enumerate(tokens.items())
    ]
    apart = [racers[n : n + 2] for n in range(0, APART, 2)]
    with ProcessPoolExecutor(len(apart), multiprocessing.get_context("spawn")) as processes:
        elsewhere = [processes.submit(race, some) for some in apart]
        deeds = race(racers[APART:])
        deeds += [deed for some in elsewhere for deed in some.result(timeout=patience.seconds(120))]
    history = {
        case_id: town.operator.cases.get_case_history(cases.GetCaseHistoryRequest(case_id=case_id)).entries
        for case_id in case_ids
    }
    return Raced(deeds, history, tokens)


def _token(town: Town, actor: str) -> str:
    return town.mint.person("OPERATOR", subject=actor).token()


def test_every_client_got_clear_answers(raced: Raced) -> None:
    codes = Counter(deed.code for deed in raced.deeds)

    assert set(codes) <= {"OK", "FAILED_PRECONDITION", "ABORTED", "INVALID_ARGUMENT"}, codes
    assert codes["OK"] > CLIENTS * TRIES // 4
    assert {deed.reason for deed in raced.deeds if deed.code == "ABORTED"} <= {
        "REVISION_MISMATCH", "CONCURRENT_CHANGE",
    }  # fmt: skip
    assert {deed.reason for deed in raced.deeds if deed.code == "INVALID_ARGUMENT"} == {"REQUEST_ID_REUSED"}


def test_the_versions_of_each_case_are_dense(raced: Raced) -> None:
    for entries in raced.history.values():
        assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))


def test_each_version_has_one_winner(raced: Raced) -> None:
    """Every answer stands for the events of its own request, no two for the same; refusals left nothing."""
    winners: dict[tuple[str, int], set[tuple[str, str]]] = defaultdict(set)
    for deed in raced.done:
        case_id, version = deed.answered.case.case_id, _version(deed)
        winners[case_id, version].add((deed.actor, deed.asked.request_id))
        last = raced.history[case_id][version - 1]
        assert (last.actor, last.request_id) == (deed.actor, deed.asked.request_id)

    assert [who for who in winners.values() if len(who) != 1] == []
    answered = {who for [who] in winners.values()}
    recorded = {
        (entry.actor, entry.request_id)
        for entries in raced.history.values()
        for entry in entries
        if entry.actor in raced.tokens
    }
    assert recorded == answered


def test_what_happened_to_each_case_makes_sense(raced: Raced) -> None:
    """No event in a state that does not allow it; and every answer shows the state of its version."""
    states: dict[tuple[str, int], str] = {}
    for case_id, entries in raced.history.items():
        state = ""
        for entry in entries:
            event = _short(entry)
            assert state in COMES_FROM.get(event, {state}), (case_id, entry.version, event, state)
            state = LEADS_TO.get(event, state)
            states[case_id, entry.version] = state

    for deed in raced.done:
        case = deed.answered.case
        shown = types.CaseState.Name(case.state).removeprefix("CASE_STATE_")
        assert shown == states[case.case_id, _version(deed)]


def _short(entry: cases.HistoryEntry) -> str:
    return snake_case(entry.event.rpartition(".")[2])


def _version(deed: Deed) -> int:
    return int(deed.answered.revision.partition(".")[2])


def test_a_retry_is_answered_byte_for_byte_the_same(town: Town, raced: Raced) -> None:
    """During the race and after it; with other content it is refused."""
    during: dict[bytes, set[bytes]] = defaultdict(set)
    for deed in raced.done:
        during[deed.request].add(deed.answer)
    clients = {actor: town.anyone(Token(token)).client for actor, token in raced.tokens.items()}

    after = [send(clients[deed.actor], deed.actor, deed.rpc, deed.request) for deed in raced.done[::3]]

    assert [answers for answers in during.values() if len(answers) != 1] == []
    assert len(during) < len(raced.done)
    assert [(deed.rpc, deed.reason) for deed in after if deed.answer not in during[deed.request]] == []


def test_a_condition_that_no_longer_holds_is_aborted(raced: Raced) -> None:
    """Whatever was done on a condition was done on exactly that version."""
    first: dict[bytes, Deed] = {}
    for deed in raced.done:
        first.setdefault(deed.request, deed)
    conditional = [deed for deed in first.values() if deed.asked.if_revision]
    mismatches = [deed for deed in raced.deeds if deed.reason == "REVISION_MISMATCH"]

    assert len(conditional) > 0
    assert len(mismatches) > 0
    for deed in conditional:
        entries = raced.history[deed.asked.case_id]
        own = [entry.version for entry in entries if entry.request_id == deed.asked.request_id]
        assert own[0] == int(deed.asked.if_revision.partition(".")[2]) + 1


def test_supervision_has_noted_each_thing_once(town: Town, raced: Raced) -> None:
    for case_id, entries in raced.history.items():
        asked = supervision.GetCaseTrailRequest(
            case_id=case_id, page_size=1000, cases_at_least=_newest(town, case_id)
        )
        trail = town.operator.supervision.get_case_trail(asked).entries

        noted = [(entry.subject_version, entry.type.rpartition(".")[2]) for entry in trail]
        assert noted == [(entry.version, _published(entry)) for entry in entries]

    rows = town.operator.supervision.get_scoreboard(
        supervision.GetScoreboardRequest(group_by=supervision.GROUPING_AFFAIR, affair_id=AFFAIR)
    ).rows
    assert [row.cases for row in rows] == [CASES]


def _newest(town: Town, case_id: str) -> str:
    return str(town.operator.cases.get_case(cases.GetCaseRequest(case_id=case_id)).revision)


def _published(entry: cases.HistoryEntry) -> str:
    return "".join(word.capitalize() for word in _short(entry).split("_"))


def test_each_raced_case_called_for_one_helper(town: Town, raced: Raced) -> None:
    assert heard_of_needs(town, set(raced.history)) == {"NeedRaised": CASES}


def test_views_built_anew_equal_those_that_were_raced(town: Town, raced: Raced) -> None:
    assert len(raced.history) == CASES
    for service in all_services():
        with ledger_of(town.platform.data, service) as ledger:
            assert gaps(streams_of(ledger)) == []
            assert_rebuilt_equals_live(ledger, service.views)
