"""Limits run from the notice, nothing moves them, and nobody who is faster than the clock hides one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.incident import INCIDENT
from services.identity.domain.incident.commands import (
    AssessIncident,
    CloseIncident,
    Limits,
    PassIncidentLimits,
    RecordNotification,
    ReportIncident,
)
from services.identity.domain.incident.events import (
    Duty,
    IncidentAssessed,
    IncidentClosed,
    IncidentErased,
    IncidentKind,
    IncidentLimitNear,
    IncidentLimitPassed,
    IncidentNotified,
    IncidentReported,
    Risk,
    Stage,
)
from services.identity.domain.incident.situations import Incident, Known

NOTICED = datetime(2020, 1, 3, 9, tzinfo=UTC)
REPORTED = NOTICED + timedelta(hours=2)
ID, WEI = some_id("a lost telephone"), some_id("wei")
LIMITS = Limits(authority=timedelta(hours=72), persons=timedelta(hours=96))
AUTHORITY_DUE, PERSONS_DUE = NOTICED + LIMITS.authority, NOTICED + LIMITS.persons

given = deciding(INCIDENT)

REPORT = ReportIncident(
    incident_id=ID,
    kind=IncidentKind.LOST,
    classes=("NAME", "ADDRESS"),
    persons=40,
    area_id="willow",
    area_path=AreaPath("la/willow"),
    description="a grid worker's telephone",
    noticed_at=NOTICED,
    limits=LIMITS,
    by=WEI,
    at=REPORTED,
)
REPORTED_EVENT = IncidentReported(
    incident_id=ID,
    kind=IncidentKind.LOST,
    classes=("NAME", "ADDRESS"),
    persons=40,
    area_id="willow",
    area_path=AreaPath("la/willow"),
    description=Personal(ID, "a grid worker's telephone"),
    noticed_at=NOTICED,
    authority_due_at=AUTHORITY_DUE,
    persons_due_at=PERSONS_DUE,
    reporter_id=WEI,
    reported_at=REPORTED,
)


def assess(risk: Risk, at: datetime = REPORTED, classes: tuple[str, ...] = ("NAME",)) -> AssessIncident:
    return AssessIncident(
        incident_id=ID, risk=risk, classes=classes, persons=38, grounds="it was not locked", by=WEI, at=at
    )


def assessed(risk: Risk, at: datetime = REPORTED) -> IncidentAssessed:
    return IncidentAssessed(
        incident_id=ID,
        risk=risk,
        classes=("NAME",),
        persons=38,
        grounds=Personal(ID, "it was not locked"),
        assessor_id=WEI,
        assessed_at=at,
    )


def notify(duty: Duty, at: datetime = REPORTED, notified_at: datetime | None = None) -> RecordNotification:
    return RecordNotification(
        incident_id=ID, duty=duty, note="by letter", notified_at=notified_at or at, by=WEI, at=at
    )


def notified(duty: Duty, at: datetime = REPORTED) -> IncidentNotified:
    return IncidentNotified(
        incident_id=ID,
        duty=duty,
        note=Personal(ID, "by letter"),
        notified_at=at,
        recorder_id=WEI,
        recorded_at=at,
    )


def passed(duty: Duty) -> IncidentLimitPassed:
    return IncidentLimitPassed(
        incident_id=ID, duty=duty, due_at=AUTHORITY_DUE if duty is Duty.AUTHORITY else PERSONS_DUE
    )


KEEP = timedelta(days=1096)
CLOSE = CloseIncident(incident_id=ID, measures="telephones lock themselves", keep=KEEP, by=WEI, at=REPORTED)


def stage(incident: Incident) -> Stage:
    assert isinstance(incident, Known)
    return incident.standing.stage


@pytest.mark.capability("002.8")
def test_an_incident_keeps_the_limits_with_which_it_was_recorded() -> None:
    given().when(REPORT).then(REPORTED_EVENT)


def test_recording_it_again_changes_nothing() -> None:
    given(REPORTED_EVENT).when(replace(REPORT, noticed_at=REPORTED)).then_nothing_happens()


def test_nobody_notices_tomorrow() -> None:
    ahead = replace(REPORT, noticed_at=REPORTED + timedelta(seconds=1))

    given().when(ahead).then_refused("INCIDENT_AHEAD", Kind.INVALID)


@pytest.mark.capability("002.8")
@pytest.mark.parametrize(
    ("risk", "still"), [(Risk.NONE, ()), (Risk.LOW, (Duty.AUTHORITY,)), (Risk.HIGH, tuple(Duty))]
)
def test_who_is_notified_follows_from_the_risk(risk: Risk, still: tuple[Duty, ...]) -> None:
    outcome = given(REPORTED_EVENT).when(assess(risk))

    outcome.then_state(lambda state: isinstance(state, Known) and state.standing.open == still)


def test_a_grave_one_names_the_data() -> None:
    given(REPORTED_EVENT).when(assess(Risk.LOW, classes=())).then_refused("INCIDENT_CLASSES_MISSING")
    given(REPORTED_EVENT).when(assess(Risk.NONE, classes=())).then_state(
        lambda of: stage(of) is Stage.NOTIFIED
    )


@pytest.mark.capability("002.8")
def test_the_clock_tells_when_a_limit_draws_near_and_when_it_has_passed() -> None:
    near = IncidentLimitNear(incident_id=ID, duty=Duty.AUTHORITY, due_at=AUTHORITY_DUE)
    three_quarters = NOTICED + timedelta(hours=54)

    early = PassIncidentLimits(at=three_quarters - timedelta(seconds=1))
    given(REPORTED_EVENT).when(early).then_nothing_happens()
    given(REPORTED_EVENT).when(PassIncidentLimits(at=three_quarters)).then(near)
    given(REPORTED_EVENT, near).when(PassIncidentLimits(at=three_quarters)).then_nothing_happens()
    given(REPORTED_EVENT, near).when(PassIncidentLimits(at=AUTHORITY_DUE)).then(passed(Duty.AUTHORITY))
    over = given(REPORTED_EVENT, near, passed(Duty.AUTHORITY))
    over.when(PassIncidentLimits(at=PERSONS_DUE)).then_nothing_happens()


def test_after_an_outage_only_the_passing_is_told() -> None:
    given(REPORTED_EVENT).when(PassIncidentLimits(at=PERSONS_DUE)).then(passed(Duty.AUTHORITY))


@pytest.mark.capability("002.8")
def test_a_late_record_does_not_hide_that_the_limit_had_passed() -> None:
    late = AUTHORITY_DUE + timedelta(minutes=1)
    told = replace(notified(Duty.AUTHORITY, late), notified_at=REPORTED)

    backdated = notify(Duty.AUTHORITY, late, notified_at=REPORTED)

    given(REPORTED_EVENT).when(backdated).then(passed(Duty.AUTHORITY), told)


def test_judging_it_harmless_after_the_limit_does_not_hide_it_either() -> None:
    late = AUTHORITY_DUE + timedelta(days=1)

    given(REPORTED_EVENT).when(assess(Risk.NONE, late)).then(
        passed(Duty.AUTHORITY), assessed(Risk.NONE, late)
    )


@pytest.mark.capability("002.8")
def test_a_delayed_assessment_wins_no_time() -> None:
    late = PERSONS_DUE + timedelta(hours=1)
    history = (REPORTED_EVENT, notified(Duty.AUTHORITY), assessed(Risk.HIGH, late))

    given(*history).when(PassIncidentLimits(at=late)).then(passed(Duty.PERSONS))


def test_notifying_needs_no_assessment_and_can_be_repeated() -> None:
    given(REPORTED_EVENT).when(notify(Duty.AUTHORITY)).then(notified(Duty.AUTHORITY))
    again = given(REPORTED_EVENT, notified(Duty.AUTHORITY)).when(notify(Duty.AUTHORITY))
    again.then(notified(Duty.AUTHORITY))


def test_nobody_is_notified_tomorrow_or_before_the_notice() -> None:
    tomorrow = notify(Duty.AUTHORITY, notified_at=REPORTED + timedelta(days=1))
    before = notify(Duty.AUTHORITY, notified_at=NOTICED - timedelta(seconds=1))

    given(REPORTED_EVENT).when(tomorrow).then_refused("INCIDENT_AHEAD")
    given(REPORTED_EVENT).when(before).then_refused("NOTIFIED_BEFORE_NOTICED")


@pytest.mark.capability("002.8")
def test_it_is_closed_when_everything_was_done() -> None:
    done = (REPORTED_EVENT, assessed(Risk.HIGH), *map(notified, Duty))
    closed = IncidentClosed(
        incident_id=ID,
        measures=Personal(ID, "telephones lock themselves"),
        closer_id=WEI,
        closed_at=REPORTED,
        erase_at=REPORTED + KEEP,
    )

    given(*done).when(CLOSE).then(closed)
    given(*done, closed).when(assess(Risk.NONE)).then_refused("INCIDENT_CLOSED")
    given(*done, closed).when(PassIncidentLimits(at=PERSONS_DUE)).then_nothing_happens()


@pytest.mark.capability("002.8")
def test_its_texts_end_by_the_clock_when_their_time_is_over() -> None:
    closed = given(REPORTED_EVENT, assessed(Risk.NONE)).when(CLOSE).events
    kept = given(REPORTED_EVENT, assessed(Risk.NONE), *closed)
    over = REPORTED + KEEP
    erased = IncidentErased(incident_id=ID, erased_at=over)

    assert isinstance(kept.state, Known)
    assert kept.state.standing.next_moment == over
    kept.when(PassIncidentLimits(at=over - timedelta(seconds=1))).then_nothing_happens()
    kept.when(PassIncidentLimits(at=over)).then(erased)
    gone = given(*kept.history, erased)
    gone.when(PassIncidentLimits(at=over)).then_nothing_happens()
    assert isinstance(gone.state, Known)
    assert gone.state.standing.next_moment is None


def test_it_is_not_closed_before() -> None:
    given().when(CLOSE).then_refused("INCIDENT_UNKNOWN", Kind.NOT_FOUND)
    given(REPORTED_EVENT).when(CLOSE).then_refused("INCIDENT_NOT_ASSESSED")
    given(REPORTED_EVENT, assessed(Risk.LOW)).when(CLOSE).then_refused("NOTIFICATION_OPEN", duty="AUTHORITY")
    told = (REPORTED_EVENT, assessed(Risk.HIGH), notified(Duty.AUTHORITY))
    given(*told).when(CLOSE).then_refused("NOTIFICATION_OPEN", duty="PERSONS")


def test_a_graver_assessment_opens_what_was_settled() -> None:
    settled = given(REPORTED_EVENT, assessed(Risk.LOW), notified(Duty.AUTHORITY))
    assert stage(settled.state) is Stage.NOTIFIED

    settled.when(assess(Risk.HIGH)).then_state(lambda of: stage(of) is Stage.ASSESSED)
