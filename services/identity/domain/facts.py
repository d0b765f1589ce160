"""What was told about a building, a dwelling, a household or a person: by whom, when, from which source.

Nothing is overwritten: what was told stays, and what holds at a moment follows from all of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from services.identity.domain import household_refusals as refusals
from services.identity.domain.fact_kinds import RULES, FactKind, Source, SubjectKind, value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A value. `settles`: what other sources told before counts no more."""

    kind: FactKind
    value: str
    settles: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A value with where it comes from; `number` is its place among all that was told of the subject."""

    told: Told
    source: Source
    body_id: str
    observed_at: datetime
    told_by: str
    number: int

    @property
    def origin(self) -> tuple[Source, str]:
        """Who says so: a later statement of the same origin takes the place of this one."""
        return self.source, self.body_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What holds of one kind at a moment: the newest statement, and those in force that contradict it.

    `stale`: even the newest is older than its kind holds.
    """

    newest: Statement
    contradicting: tuple[Statement, ...]
    stale: bool


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsTold:
    """Facts as one visit or source told them: of things in the clear, of people enciphered as a whole."""

    subject_kind: SubjectKind
    subject_id: str
    source: Source
    body_id: str
    observed_at: datetime
    told_by: str
    of_things: str
    of_people: Personal | None
    area_path: AreaPath


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was told, in the order in which it was recorded."""

    told: tuple[FactsTold, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """One by one, in the order of when they were observed; none of the erased."""
        found: list[Statement] = []
        for event in self.told:
            found += [_statement(told, event, len(found)) for told in read(event)]
        return tuple(sorted(found, key=lambda each: (each.observed_at, each.number)))

    def standing(self, at: datetime) -> Mapping[FactKind, Standing]:
        """What held at a moment, by kind."""
        seen: dict[FactKind, list[Statement]] = {}
        for each in self.statements:
            if each.observed_at <= at:
                seen.setdefault(each.told.kind, []).append(each)
        return {kind: _standing(kind, of, at) for kind, of in seen.items()}


def _standing(kind: FactKind, seen: Sequence[Statement], at: datetime) -> Standing:
    """Statements of one kind weighed; each source's last is in force until it is too old, or overruled."""
    last: dict[tuple[Source, str], Statement] = {}
    for each in seen:
        if each.told.settles:
            last.clear()
        last[each.origin] = each
    newest, holds = seen[-1], RULES[kind].holds

    def in_force(each: Statement) -> bool:
        return holds is None or at - each.observed_at <= holds

    against = (each for each in last.values() if in_force(each) and each.told.value != newest.told.value)
    return Standing(
        newest=newest,
        contradicting=tuple(against) if in_force(newest) else (),
        stale=not in_force(newest),
    )


def _statement(told: Told, event: FactsTold, number: int) -> Statement:
    return Statement(
        told=told,
        source=event.source,
        body_id=event.body_id,
        observed_at=event.observed_at,
        told_by=event.told_by,
        number=number,
    )


def read(event: FactsTold) -> tuple[Told, ...]:
    """What an event says; nothing of the erased."""
    text = event.of_people.value if event.of_people is not None else event.of_things
    if text is None:
        return ()
    return tuple(
        Told(kind=FactKind(kind), value=value, settles=settles) for kind, value, settles in json.loads(text)
    )


def as_seen_by_member(facts: Facts, since: datetime) -> Facts:
    """What a member is shown of their household: of their own time there, and no notes of staff."""
    seen = []
    for event in facts.told:
        own = event.source is Source.SELF_DECLARED
        told = tuple(each for each in read(event) if own or each.kind is not FactKind.NOTE)
        if told and event.observed_at >= since:
            seen.append(replace(event, of_people=Personal(event.subject_id, in_words(told))))
    return Facts(told=tuple(seen))


def in_words(told: Sequence[Told]) -> str:
    """Facts as one text, to be enciphered as a whole: not even which kinds are known shows."""
    return json.dumps([(each.kind.value, each.value, each.settles) for each in told], ensure_ascii=False)


# Evolve


def evolve(facts: Facts, event: FactsTold) -> Facts:
    """One more."""
    return Facts(told=(*facts.told, event))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class TellFacts:
    """Keep what somebody saw or heard about one subject."""

    subject_kind: SubjectKind
    subject_id: str
    source: Source
    body_id: str
    observed_at: datetime
    told_by: str
    told: tuple[Told, ...]
    area_path: AreaPath
    at: datetime


# Decide


def decide(command: TellFacts, facts: Facts) -> Sequence[FactsTold]:
    """What the same source told of the same moment already is not told twice."""
    if command.observed_at > command.at:
        raise refusals.lies_in_the_future("observed_time")
    told = tuple(_normal(each, command.subject_kind) for each in command.told)
    known = {(each.told, each.origin) for each in facts.statements if each.observed_at == command.observed_at}
    new = tuple(each for each in told if (each, (command.source, command.body_id)) not in known)
    return [_told(command, new)] if new else []


def _normal(told: Told, about: SubjectKind) -> Told:
    if RULES[told.kind].subject is not about:
        raise refusals.fact_is_of_something_else(told.kind.value, RULES[told.kind].subject.value)
    return Told(kind=told.kind, value=value_of(told.kind, told.value), settles=told.settles)


def _told(command: TellFacts, told: tuple[Told, ...]) -> FactsTold:
    text, of_people = in_words(told), command.subject_kind.is_of_people
    return FactsTold(
        subject_kind=command.subject_kind,
        subject_id=command.subject_id,
        source=command.source,
        body_id=command.body_id,
        observed_at=command.observed_at,
        told_by=command.told_by,
        of_things="" if of_people else text,
        of_people=Personal(command.subject_id, text) if of_people else None,
        area_path=command.area_path,
    )


FACTS: Decider[TellFacts, Facts, FactsTold] = Decider(
    category="facts", initial=Facts(), decide=decide, evolve=evolve
)
