"""The matching as an optimisation: OR-Tools' CP-SAT, deterministic, with a proven bound."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from services.volunteers.application.ports import Assignment
from services.volunteers.domain.matching import Call, Candidate, reason_against, room_in_week, week_of
from services.volunteers.domain.values import Match, MatchReason

Pair = tuple[int, int]
"""Indices of a candidate and of a call."""


class CpSatMatching:
    """Covers as much priority as it can, then asks those first who were asked least.

    `effort` bounds the search in CP-SAT's deterministic seconds, so that the answer does not depend on
    the machine; a proposal cut short says so by `bound > covered`.
    """

    def __init__(self, effort: float = 10.0) -> None:
        self._effort = effort

    def assign(self, candidates: Sequence[Candidate], calls: Sequence[Call]) -> Assignment:
        """The best assignment found; equal input gives equal output, whatever its order."""
        people = sorted(candidates, key=lambda candidate: (candidate.asked, candidate.volunteer_id))
        wanted = sorted(calls, key=lambda call: (-call.priority, call.shift.start, call.need_id))
        against = {
            (who, where): reason_against(person, call)
            for where, call in enumerate(wanted)
            for who, person in enumerate(people)
        }
        able = [pair for pair, reason in against.items() if reason is None]
        chosen, bound = _solve(people, wanted, able, self._effort) if able else (frozenset(), 0)
        return Assignment(
            matches=tuple(_matches(people, wanted, against, chosen)),
            covered=sum(wanted[where].priority for _, where in chosen),
            bound=bound,
            wanted=sum(call.places for call in wanted),
            filled=len(chosen),
        )


def _solve(
    people: Sequence[Candidate], calls: Sequence[Call], able: Sequence[Pair], effort: float
) -> tuple[frozenset[Pair], int]:
    # Imported here: the solver takes most of a second to load, and only a proposal needs it.
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    takes = {pair: model.new_bool_var("") for pair in able}
    _constrain(model, takes, people, calls)
    coverage = sum(calls[where].priority * taken for (_, where), taken in takes.items())
    model.maximize(coverage)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.catch_sigint_signal = False  # it would leave Ctrl-C to kill the process at once
    solver.parameters.max_deterministic_time = effort
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return frozenset(), sum(call.priority * call.places for call in calls)
    bound = round(solver.best_objective_bound)  # a float just below the whole number that it means
    best = frozenset(pair for pair, taken in takes.items() if solver.boolean_value(taken))
    return _fairest(model, solver, takes, people, (coverage, best)), bound


def _constrain(
    model: Any, takes: Mapping[Pair, Any], people: Sequence[Candidate], calls: Sequence[Call]
) -> None:
    """Places, overlaps and weekly loads."""
    of_call: dict[int, list[Any]] = defaultdict(list)
    of_person: dict[int, list[int]] = defaultdict(list)
    for (who, where), taken in takes.items():
        of_call[where].append(taken)
        of_person[who].append(where)
    for where, takers in of_call.items():
        model.add(sum(takers) <= calls[where].places)
    for who, places in of_person.items():
        for one, other in combinations(places, 2):
            if calls[one].shift.overlaps(calls[other].shift):
                model.add_at_most_one([takes[who, one], takes[who, other]])
        weeks: dict[int, list[int]] = defaultdict(list)
        for where in places:
            weeks[week_of(people[who].profile, calls[where].shift)].append(where)
        for in_week in weeks.values():
            room = room_in_week(people[who], calls[in_week[0]].shift)
            if len(in_week) > room:
                model.add(sum(takes[who, where] for where in in_week) <= room)


def _fairest(
    model: Any,
    solver: Any,
    takes: Mapping[Pair, Any],
    people: Sequence[Candidate],
    found: tuple[Any, frozenset[Pair]],
) -> frozenset[Pair]:
    """Among assignments that cover as much: the one that spreads the asking, seen with the past."""
    from ortools.sat.python import cp_model

    coverage, best = found
    model.clear_objective()
    model.add(coverage >= round(solver.objective_value))
    of_person: dict[int, list[Any]] = defaultdict(list)
    for (who, _), taken in takes.items():
        of_person[who].append(taken)
    most = model.new_int_var(0, max(len(takers) for takers in of_person.values()), "")
    for takers in of_person.values():
        model.add(sum(takers) <= most)
    past = sum(people[who].asked * taken for (who, _), taken in takes.items())
    heaviest = 1 + sum(person.asked for person in people) * len(takes)
    model.minimize(heaviest * most + past)
    for pair, taken in takes.items():
        model.add_hint(taken, pair in best)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return best
    return frozenset(pair for pair, taken in takes.items() if solver.boolean_value(taken))


def _matches(
    people: Sequence[Candidate],
    calls: Sequence[Call],
    against: Mapping[Pair, MatchReason | None],
    chosen: frozenset[Pair],
) -> Iterable[Match]:
    """Chosen pairs first, then the others with the reason that kept them out."""
    for pair in sorted(against, key=lambda pair: (pair not in chosen, pair[1], pair[0])):
        reason = MatchReason.CHOSEN if pair in chosen else against[pair] or MatchReason.OTHERS_BETTER
        who, where = pair
        yield Match(need_id=calls[where].need_id, volunteer_id=people[who].volunteer_id, reason=reason)
