"""Services: what their providers say, and whether they are on offer."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from libs.ledger.decider import Kind
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.catalog.domain import service
from services.catalog.domain.details import Cost, Eligibility, Schedule
from services.catalog.domain.service import (
    SERVICE,
    ChangeService,
    ResumeService,
    RetireService,
    SuspendService,
)
from services.catalog.domain.working_time import Hours, WeekdayHours
from services.catalog.tests.domain.stories import MEALS, NOW, details, publish, published

given = deciding(SERVICE)
SUSPEND = SuspendService(service_id="canteen-1", expected_resume=None, at=NOW)
RESUME = ResumeService(service_id="canteen-1", at=NOW)
RETIRE = RetireService(service_id="canteen-1", at=NOW)
SUSPENDED = service.ServiceSuspended(service_id="canteen-1", body_id="kitchen", expected_resume=None)
RESUMED = service.ServiceResumed(service_id="canteen-1", body_id="kitchen")
RETIRED = service.ServiceRetired(service_id="canteen-1", body_id="kitchen")


def change(**others: Any) -> ChangeService:
    return ChangeService(
        service_id="canteen-1",
        details=details(**others),
        affair=MEALS,
        area_paths=(AreaPath("qingyuan/elm-street"),),
        at=NOW,
    )


def test_a_service_is_published_once() -> None:
    given().when(publish()).then(published())
    given(published()).when(publish()).then_nothing_happens()
    given(published()).when(publish(body_id="another")).then_refused(
        "SERVICE_PUBLISHED_DIFFERENTLY", Kind.ALREADY_EXISTS
    )


def test_a_service_is_changed_as_a_whole() -> None:
    open_now = details(description=Text(zh="午餐和晚餐"))
    changed = service.ServiceChanged(
        service_id="canteen-1",
        body_id="kitchen",
        details=open_now,
        area_paths=(AreaPath("qingyuan/elm-street"),),
    )

    given(published()).when(change(description=Text(zh="午餐和晚餐"))).then(changed)
    given(published()).when(change()).then_nothing_happens()


def test_a_change_leaves_a_suspended_service_suspended() -> None:
    given(published(), SUSPENDED).when(change(phone="028-1234")).when(RESUME).then_state(
        lambda service: service.offer.details.phone == "028-1234"  # type: ignore[union-attr] # it is active
    )


def test_suspend_and_resume_again_and_again() -> None:
    given(published()).when(SUSPEND).when(SUSPEND).when(RESUME).when(RESUME).when(SUSPEND).then(
        SUSPENDED, RESUMED, SUSPENDED
    )


def test_a_suspension_may_be_expected_to_last_longer() -> None:
    longer = replace(SUSPEND, expected_resume=NOW + timedelta(days=30))
    over = replace(SUSPEND, expected_resume=NOW)

    given(published(), SUSPENDED).when(longer).then(
        replace(SUSPENDED, expected_resume=NOW + timedelta(days=30))
    )
    given(published()).when(over).then_refused("RESUME_IN_PAST")


def test_a_retired_service_stays_retired() -> None:
    given(published()).when(RETIRE).when(RETIRE).then(RETIRED)
    for command in (SUSPEND, RESUME, change(phone="1")):
        given(published(), RETIRED).when(command).then_refused(
            "SERVICE_STATE_FORBIDS", state="SERVICE_STATUS_RETIRED"
        )


def test_an_unknown_service_is_refused() -> None:
    for command in (SUSPEND, RESUME, RETIRE, change()):
        given().when(command).then_refused("SERVICE_UNKNOWN", Kind.NOT_FOUND)


def test_a_service_may_stay_with_a_retired_affair_but_not_move_to_one() -> None:
    retired = replace(MEALS, retired=True)
    moved = replace(change(affair_id="other"), affair=retired)

    given().when(publish(affair=retired)).then_refused("AFFAIR_RETIRED")
    given(published()).when(moved).then_refused("AFFAIR_RETIRED")
    assert len(given(published()).when(replace(change(phone="1"), affair=retired)).events) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": Text()}, "NAME_MISSING"),
        ({"eligibility": Eligibility(minimum_age=60, maximum_age=18)}, "AGES_CONTRADICT"),
        ({"cost": Cost(free=True, amount_minor=100, currency="CNY")}, "COST_CONTRADICTS"),
        ({"cost": Cost(amount_minor=100)}, "COST_CONTRADICTS"),
        (
            {"schedule": Schedule(week=(WeekdayHours(weekday=1, hours=(Hours(start=1, until=2),)),))},
            "TIME_ZONE_UNKNOWN",
        ),
    ],
)
def test_details_that_contradict_themselves_are_refused(wrong: dict[str, Any], code: str) -> None:
    given().when(publish(details=details(**wrong))).then_refused(code, Kind.INVALID)
