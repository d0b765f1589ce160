"""Use cases of visits: what somebody saw is kept as facts, and shown with a record of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task, handle_many
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import AreaPath
from services.identity.application.building import Buildings
from services.identity.application.household import Households
from services.identity.domain import household
from services.identity.domain import household_refusals as unfit
from services.identity.domain.fact_kinds import RULES, Source, SubjectKind
from services.identity.domain.facts import Facts, FactsTold, TellFacts, Told, as_seen_by_member

FactsStream = Stream[TellFacts, Facts, FactsTold]
Subject = tuple[SubjectKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What somebody saw or heard: of a household, a dwelling or a building, all at once.

    `facts`: each with the person whom it is about, if it is about one.
    """

    household_id: str
    building_id: str
    unit: str
    source: Source
    body_id: str
    observed_at: datetime
    told_by: str
    facts: tuple[tuple[str, Told], ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A household at a moment: where it lived, who was in it, and what was told by then, by subject."""

    household_id: str
    home: household.Home
    members: Sequence[household.Member]
    facts: Mapping[Subject, Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """What can be done with facts."""

    stream: FactsStream
    buildings: Buildings
    households: Households

    def record(self, visit: Visit, context: Context, permit: Permit, only: str = "") -> str:
        """Keep a visit, all or nothing; answers the revision.

        `only`: the resident who tells it of their own household, of themself and of nobody else in it.
        """
        if visit.observed_at > visit.at:
            raise unfit.lies_in_the_future("observed_time")
        subjects, area_path = self._visited(visit, permit, only)
        by_subject: dict[Subject, list[Told]] = {}
        for person_id, told in visit.facts:
            is_own = only and RULES[told.kind].subject is SubjectKind.MEMBER
            about = _about(told, person_id or (only if is_own else ""), subjects)
            by_subject.setdefault(about, []).append(told)
        context = replace(context, area=area_path)
        tasks: list[Task] = [
            (self.stream, stream_id(subject), _telling(visit, subject, told, area_path), context)
            for subject, told in by_subject.items()
        ]
        return handle_many(self.stream.ledger, tasks)[-1].revision

    def show(self, household_id: str, at: datetime, permit: Permit) -> Shown:
        """A household of a moment to staff."""
        found = self.households.formed(household_id)
        permit(Jurisdiction(area_path=found.home.area_path))
        return self._shown(found, at, None)

    def living(self, resident_ids: Sequence[str]) -> str:
        """As whom somebody lives in a household: the first of their ids that does, or the first."""
        if len(resident_ids) == 1:
            return resident_ids[0]
        return next(filter(self.households.lives, resident_ids), resident_ids[0])

    def show_own(self, resident_id: str, at: datetime) -> Shown:
        """Their household of now to one of its members: no facts of others, and those of their time."""
        return self._shown(self.households.home_of(resident_id), at, resident_id)

    def concerned(self, subjects: Iterable[Subject], at: datetime) -> Collection[str]:
        """Whose data the facts of these are: a household's own and its members'; nobody's, of things."""
        found: set[str] = set()
        for kind, subject_id in subjects:
            if kind.is_of_people:
                found.add(subject_id)
            if kind is SubjectKind.HOUSEHOLD:
                found.update(self.households.members(subject_id, at))
        return found

    def _visited(
        self, visit: Visit, permit: Permit, only: str
    ) -> tuple[Mapping[SubjectKind, Sequence[str]], AreaPath]:
        """What the visit can tell of: the household and all around it."""
        at = visit.observed_at
        if visit.household_id or only:
            found = self.households.home_of(only) if only else self.households.formed(visit.household_id)
            if only and visit.household_id not in ("", found.household_id):
                raise unfit.household_is_unknown(visit.household_id)
            home = found.home_at(at)
            if home is None:
                raise unfit.move_is_too_early()
            if not only:  # where it lived then: an offline visit comes in although they have moved since
                permit(Jurisdiction(area_path=home.area_path))
            here = [each.resident_id for each in found.members_at(at)]
            if only and only not in here:
                raise unfit.not_a_member(only)
            return {
                SubjectKind.BUILDING: [] if only else [home.building_id],
                SubjectKind.DWELLING: [home.dwelling_id],
                SubjectKind.HOUSEHOLD: [found.household_id],
                SubjectKind.MEMBER: [each for each in here if only in ("", each)],
            }, home.area_path
        if not visit.building_id:
            raise unfit.subject_is_missing()
        building = self.buildings.standing(visit.building_id, at)
        permit(Jurisdiction(area_path=building.registered.area_path))
        subjects = {SubjectKind.BUILDING: [visit.building_id]}
        if visit.unit:
            home = self.buildings.home(visit.building_id, visit.unit, at)
            subjects[SubjectKind.DWELLING] = [home.dwelling_id]
        return subjects, building.registered.area_path

    def _shown(self, found: household.Formed, at: datetime, own: str | None) -> Shown:
        home = found.home_at(at)
        if home is None:
            raise unfit.household_is_unknown(found.household_id)
        members = found.members_at(at)
        joined = next((each.since for each in members if each.resident_id == own), None)
        if own is not None and joined is None:
            raise unfit.resident_has_no_household()
        subjects: list[Subject] = [
            (SubjectKind.BUILDING, home.building_id),
            (SubjectKind.DWELLING, home.dwelling_id),
            (SubjectKind.HOUSEHOLD, found.household_id),
        ]
        subjects += [(SubjectKind.MEMBER, each.resident_id) for each in members]
        told = {
            subject: self.stream.load(stream_id(subject)).state
            for subject in subjects
            if own is None or subject[0] is not SubjectKind.MEMBER or subject[1] == own
        }
        if joined is not None:
            whole = SubjectKind.HOUSEHOLD, found.household_id
            told[whole] = as_seen_by_member(told[whole], joined)
        return Shown(household_id=found.household_id, home=home, members=members, facts=told)


def _about(told: Told, person_id: str, subjects: Mapping[SubjectKind, Sequence[str]]) -> Subject:
    """Whom or what a fact is about. Refuses NOT_A_MEMBER, FACT_SUBJECT_UNFIT."""
    kind = RULES[told.kind].subject
    there = subjects.get(kind, ())
    if kind is SubjectKind.MEMBER and person_id:
        if person_id not in there:
            raise unfit.not_a_member(person_id)
        return kind, person_id
    if kind is SubjectKind.MEMBER or person_id or not there:
        raise unfit.fact_is_of_something_else(told.kind.value, kind.value)
    return kind, there[0]


def _telling(visit: Visit, subject: Subject, told: Sequence[Told], area_path: AreaPath) -> TellFacts:
    return TellFacts(
        subject_kind=subject[0],
        subject_id=subject[1],
        source=visit.source,
        body_id=visit.body_id,
        observed_at=visit.observed_at,
        told_by=visit.told_by,
        told=tuple(told),
        area_path=area_path,
        at=visit.at,
    )


def stream_id(subject: Subject) -> str:
    """The stream of what was told about something."""
    return f"{subject[0].value}.{subject[1]}"
