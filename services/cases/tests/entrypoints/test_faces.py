"""A public face is built once for all who follow, and anew when the case or its area has changed."""

from services.cases.application.permits import as_opened
from services.cases.domain.case import CASE
from services.cases.domain.case.events import WorkStarted
from services.cases.entrypoints.wire.faces import Faces
from services.cases.tests.domain.history import ROADS, STREET, after, opened, routed


def test_all_who_follow_are_shown_the_same_face_until_the_case_changes() -> None:
    faces = Faces()
    before = as_opened(CASE.fold([opened(), routed()]))
    now = as_opened(CASE.fold([opened(), routed(), WorkStarted(body_id=ROADS, at=after(hours=1))]))

    first = faces.of(before, STREET)

    assert faces.of(before, STREET) is first
    assert faces.of(now, STREET).state != first.state
    assert faces.of(now, "city").area_path == "city"
