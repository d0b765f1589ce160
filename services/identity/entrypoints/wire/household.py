"""Buildings, households and facts."""

from datetime import datetime

from linli.identity.v1 import identity_service_pb2 as pb
from linli.types.v1.types_pb2 import Point

from libs.rpc.moments import stamp, stamp_or_none
from services.identity.application.area_ports import Degrees
from services.identity.application.facts import Counts, ToCheck
from services.identity.application.household_ports import BuildingRow, DwellingRow, HouseholdRow
from services.identity.application.visit import Shown
from services.identity.domain import building
from services.identity.domain.fact_kinds import SubjectKind
from services.identity.domain.facts import Facts, Told
from services.identity.domain.values import Relation
from services.identity.entrypoints.wire.words import FACT_KINDS, RELATIONS, SOURCES, SUBJECTS


def building_shown(row: BuildingRow) -> pb.Building:
    """A building of the view."""
    return pb.Building(
        building_id=row.building_id,
        area_id=row.area_id,
        area_path=row.area_path,
        address=row.address,
        location=_point(row.point),
        stands_from_time=stamp_or_none(row.stands_from),
    )


def building_state_shown(state: building.Building) -> tuple[pb.Building, int]:
    """A building as its stream knows it, and how many dwellings it has."""
    if isinstance(state, building.Unregistered):
        return pb.Building(), 0
    known = state.registered
    longitude, latitude = known.longitude, known.latitude
    row = BuildingRow(
        building_id=known.building_id,
        area_id=known.area_id,
        area_path=known.area_path,
        address=known.address,
        point=None if longitude is None or latitude is None else (longitude, latitude),
        stands_from=known.stands_from,
    )
    return building_shown(row), len(state.dwellings)


def _point(point: Degrees | None) -> Point | None:
    return None if point is None else Point(longitude=point[0], latitude=point[1])


def dwelling_shown(row: DwellingRow) -> pb.Dwelling:
    """A dwelling."""
    return pb.Dwelling(dwelling_id=row.dwelling_id, building_id=row.building_id, unit=row.unit)


def household_shown(row: HouseholdRow) -> pb.Household:
    """A household in a list."""
    return pb.Household(
        household_id=row.household_id,
        dwelling_id=row.dwelling_id,
        building_id=row.building_id,
        area_path=row.area_path,
        since_time=stamp(row.since),
        members=row.members,
    )


def told_of(fact: pb.ToldFact) -> tuple[str, Told]:
    """A fact, with the person whom it is about ("": nobody)."""
    kind = FACT_KINDS.from_wire(fact.kind)
    return fact.resident_id, Told(kind=kind, value=fact.value, settles=fact.settles)


def shown_whole(shown: Shown, at: datetime) -> pb.GetHouseholdResponse:
    """A household with its members and what was told by a moment."""
    members = [
        pb.Member(
            resident_id=each.resident_id,
            relation=RELATIONS.to_wire(Relation(each.relation.value or Relation.OTHER)),
            since_time=stamp(each.since),
        )
        for each in shown.members
    ]
    return pb.GetHouseholdResponse(
        household_id=shown.household_id,
        dwelling_id=shown.home.dwelling_id,
        building_id=shown.home.building_id,
        area_path=shown.home.area_path,
        members=members,
        facts=[fact for subject, of in shown.facts.items() for fact in _facts(*subject, of, at)],
    )


def _facts(subject: SubjectKind, subject_id: str, facts: Facts, at: datetime) -> list[pb.Fact]:
    standing = facts.standing(at)
    return [
        pb.Fact(
            subject=SUBJECTS.to_wire(subject),
            subject_id=subject_id,
            kind=FACT_KINDS.to_wire(each.told.kind),
            value=each.told.value,
            source=SOURCES.to_wire(each.source),
            source_body_id=each.body_id,
            observed_time=stamp(each.observed_at),
            told_by=each.told_by,
            settles=each.told.settles,
            newest=standing[each.told.kind].newest == each,
        )
        for each in facts.statements
        if each.observed_at <= at
    ]


def to_check_shown(found: ToCheck) -> pb.FactToCheck:
    """A fact that somebody should look at again."""
    newest = found.standing.newest
    return pb.FactToCheck(
        subject=SUBJECTS.to_wire(found.subject[0]),
        subject_id=found.subject[1],
        kind=FACT_KINDS.to_wire(found.kind),
        source=SOURCES.to_wire(newest.source),
        observed_time=stamp(newest.observed_at),
        stale=found.standing.stale,
        contradicting_sources=[SOURCES.to_wire(each.source) for each in found.standing.contradicting],
    )


def counts_shown(counts: Counts) -> pb.CountHouseholdsResponse:
    """Counts, with the facts in the order of kind and value."""
    facts = [
        pb.FactCount(kind=FACT_KINDS.to_wire(kind), value=value, count=count)
        for (kind, value), count in counts.by_value.items()
    ]
    return pb.CountHouseholdsResponse(
        buildings=counts.buildings,
        dwellings=counts.dwellings,
        households=counts.households,
        members=counts.members,
        facts=sorted(facts, key=lambda each: (each.kind, each.value)),
    )
