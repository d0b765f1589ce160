"""Words that the tests of the catalog's domain share: ready-made affairs, areas, items, services."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.rules.due import Limit, Unit
from libs.rules.terms import Evidence, Terms, standard
from libs.testkit.clocks import moment
from services.catalog.domain import affair, commitment, responsibility, service
from services.catalog.domain.details import Details
from services.catalog.domain.values import AffairRef, AreaRef, Matter, Period
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingTime

NOW = moment("2020-01-06 09:00")
MEALS = AffairRef(affair_id="meals", path="assistance/meals")
STREET = AreaRef(area_id="elm-street", path=AreaPath("qingyuan/elm-street"))


def matter(affair_id: str = "meals", **others: Any) -> Matter:
    """An affair below `assistance`."""
    return Matter(
        **{
            "affair_id": affair_id,
            "parent_id": "assistance",
            "path": f"assistance/{affair_id}",
            "name": Text(zh="助餐", en="Meals"),
            "anonymous_allowed": False,
            "keywords": ("食堂", "canteen"),
            **others,
        }
    )


def define(**others: Any) -> affair.DefineAffair:
    """The command that leads to `matter()`."""
    return affair.DefineAffair(
        **{
            "affair_id": "meals",
            "name": Text(zh="助餐", en="Meals"),
            "parent": AffairRef(affair_id="assistance", path="assistance"),
            "keywords": ("食堂", " canteen ", "食堂", ""),
            "at": NOW,
            **others,
        }
    )


def assign(
    start: datetime = NOW, end: datetime | None = None, **others: Any
) -> responsibility.AssignResponsibility:
    """Make the kitchen answer for meals in the street."""
    return responsibility.AssignResponsibility(
        **{
            "affair": MEALS,
            "area": STREET,
            "body_id": "kitchen",
            "legal_basis": "Decision 7 of 2019",
            "period": Period(start=start, end=end),
            "at": NOW,
            **others,
        }
    )


def assigned(
    number: int = 1, start: datetime = NOW, end: datetime | None = None, **others: Any
) -> responsibility.ResponsibilityAssigned:
    """The event that follows from `assign()`."""
    return responsibility.ResponsibilityAssigned(
        **{
            "item_id": f"meals:elm-street:{number}",
            "number": number,
            "affair_id": "meals",
            "affair_path": "assistance/meals",
            "area_id": "elm-street",
            "area_path": "qingyuan/elm-street",
            "body_id": "kitchen",
            "legal_basis": "Decision 7 of 2019",
            "helper_ids": (),
            "valid_from": start,
            "valid_until": end,
            **others,
        }
    )


def revise(start: datetime, **others: Any) -> responsibility.ReviseResponsibility:
    """Make the canteen answer instead."""
    return responsibility.ReviseResponsibility(
        **{
            "item_id": "meals:elm-street:1",
            "body_id": "canteen",
            "legal_basis": "Decision 7 of 2019",
            "valid_from": start,
            "at": NOW,
            **others,
        }
    )


def revised(
    version: int, start: datetime, end: datetime | None = None
) -> responsibility.ResponsibilityRevised:
    """The event that follows from `revise()`."""
    return responsibility.ResponsibilityRevised(
        item_id="meals:elm-street:1",
        version=version,
        affair_id="meals",
        affair_path="assistance/meals",
        area_id="elm-street",
        area_path=AreaPath("qingyuan/elm-street"),
        body_id="canteen",
        legal_basis="Decision 7 of 2019",
        helper_ids=(),
        valid_from=start,
        valid_until=end,
    )


def ended(version: int, end: datetime, body_id: str = "kitchen") -> responsibility.ResponsibilityEnded:
    """The end of the first item."""
    return responsibility.ResponsibilityEnded(
        item_id="meals:elm-street:1",
        version=version,
        affair_id="meals",
        area_id="elm-street",
        area_path=AreaPath("qingyuan/elm-street"),
        body_id=body_id,
        valid_until=end,
    )


def office_hours(**others: Any) -> WorkingTime:
    """Monday to Friday, 9 to 17, in Shanghai."""
    day = (Hours(start=540, until=1020),)
    return WorkingTime(
        **{
            "zone": "Asia/Shanghai",
            "week": tuple(WeekdayHours(weekday=weekday, hours=day) for weekday in range(1, 6)),
            **others,
        }
    )


def terms(**others: Any) -> Terms:
    """A response within half a day, all of it within a day; the rest is as usual."""
    usual = standard(
        first_response=Limit(amount=4, unit=Unit.WORKING_HOURS),
        resolution=Limit(amount=1, unit=Unit.WORKING_DAYS),
        evidence=(Evidence.SIGNATURE,),
    )
    return replace(usual, **others)


def promise(**others: Any) -> commitment.PublishCommitment:
    """Meals within a day, wherever."""
    return commitment.PublishCommitment(
        **{
            "affair": MEALS,
            "area": None,
            "terms": terms(),
            "calendar_id": "office",
            "working_time": office_hours(),
            "valid_from": NOW,
            "at": NOW,
            **others,
        }
    )


def details(**others: Any) -> Details:
    """A canteen for the elderly."""
    return Details(
        **{
            "affair_id": "meals",
            "name": Text(zh="老年食堂", en="Canteen for the elderly"),
            "area_ids": ("elm-street",),
            **others,
        }
    )


def publish(**others: Any) -> service.PublishService:
    """Offer the canteen."""
    return service.PublishService(
        **{
            "service_id": "canteen-1",
            "body_id": "kitchen",
            "details": details(),
            "affair": MEALS,
            "area_paths": ("qingyuan/elm-street",),
            "at": NOW,
            **others,
        }
    )


def published(**others: Any) -> service.ServicePublished:
    """The event that follows from `publish()`."""
    return service.ServicePublished(
        **{
            "service_id": "canteen-1",
            "body_id": "kitchen",
            "details": details(),
            "area_paths": ("qingyuan/elm-street",),
            **others,
        }
    )
