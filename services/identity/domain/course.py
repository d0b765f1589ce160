"""A course: what people are trained in, and the certificate that its completion gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain import refusals
from services.identity.domain import staff_refusals as unfit

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDefined:
    """There is a course in an area. `qualification_id`: what its completion gives, "" for nothing."""

    course_id: str
    title: Text
    area_id: str
    area_path: AreaPath
    qualification_id: str
    defined_at: datetime


CourseEvent = CourseDefined


# Situations


@dataclass(frozen=True, slots=True)
class Undefined:
    """No course has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A course."""

    course_id: str
    title: Text
    area_id: str
    area_path: AreaPath
    qualification_id: str


Course = Undefined | Defined


# Evolve


def evolve(course: Course, event: CourseEvent) -> Course:  # noqa: ARG001  # a course has one event so far
    """The course after the event."""
    return Defined(
        course_id=event.course_id,
        title=event.title,
        area_id=event.area_id,
        area_path=event.area_path,
        qualification_id=event.qualification_id,
    )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineCourse:
    """Offer a course."""

    course_id: str
    title: Text
    area_id: str
    area_path: AreaPath
    qualification_id: str
    at: datetime


# Decide


def decide(command: DefineCourse, course: Course) -> Sequence[CourseEvent]:
    """It is defined once; the same again changes nothing."""
    wanted = CourseDefined(
        course_id=command.course_id,
        title=command.title,
        area_id=command.area_id,
        area_path=command.area_path,
        qualification_id=command.qualification_id,
        defined_at=command.at,
    )
    if isinstance(course, Defined):
        if course != evolve(Undefined(), wanted):
            raise unfit.course_is_defined_differently(command.course_id)
        return []
    if not command.title:
        raise refusals.name_is_missing("title")
    return [wanted]


COURSE: Decider[DefineCourse, Course, CourseEvent] = Decider(
    category="course", initial=Undefined(), decide=decide, evolve=evolve
)
