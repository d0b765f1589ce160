"""Ratings are published; what was noted is not: its own service published it."""

from linli.supervision.v1 import supervision_events_pb2 as pb

from libs.ledger.personal import Personal
from libs.testkit.recorded import recorded
from services.supervision.adapters.publishing import publish
from services.supervision.tests.domain.test_case_record import CLOSED, OPENED, rated


def test_a_rating_is_published_without_what_was_said() -> None:
    said = rated(comment=Personal("resident-7", "Mrs Wu was kind"))

    published = publish(recorded("case_record-c1", said)[0])

    assert published is not None
    assert isinstance(published.message, pb.CaseRated)
    assert (published.message.case_id, published.message.stars) == ("c1", 4)
    assert (published.area_path, published.area_id, published.body_ids) == ("la/south", "south", ("lasan",))
    assert b"Wu" not in published.message.SerializeToString()
    assert b"resident-7" not in published.message.SerializeToString()


def test_what_was_noted_is_not_published_again() -> None:
    assert [publish(each) for each in recorded("case_record-c1", OPENED, CLOSED)] == [None, None]
