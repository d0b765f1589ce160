"""Answers about qualifications, courses and certificates, from the view `staffing`."""

from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict

from libs.ledger.text import Text
from libs.ledger.views.view import Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery, PageQuery
from libs.query.listing import Derived, Listing
from libs.query.paging import ascending, descending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.adapters.staff_reads import valid
from services.identity.adapters.views.staffing import COURSES, QUALIFICATIONS, VIEW
from services.identity.application import staff_ports as ports


class CertificateRow(TypedDict):
    """A certificate of somebody who was not erased."""

    certificate_id: str
    party_id: str
    area_path: str
    qualification_id: str
    course_id: str
    issued_at: datetime
    valid_until: NotRequired[datetime | None]
    revoked_at: NotRequired[datetime | None]


KINDS = Listing(table=QUALIFICATIONS, order=(ascending("qualification_id"),))
OFFERED = Listing(
    table=COURSES,
    order=(ascending("course_id"),),
    filters=Filters(area=area("area_path"), qualification_id=text("qualification_id")),
)
HELD = Listing(
    table=Derived(
        name="held",
        row=CertificateRow,
        sql="SELECT c.*, t.area_path FROM certificates c JOIN trained t USING (party_id) WHERE NOT t.erased",
    ),
    order=(descending("issued_at", datetime), ascending("certificate_id")),
    filters=Filters(
        party_id=text("party_id"), qualification_id=text("qualification_id"), area=area("area_path")
    ),
)


@dataclass(frozen=True, slots=True)
class TrainingReads:
    """`ports.TrainingReads`, answered from the view."""

    views: Views

    def qualifications(self, query: PageQuery, fresh: Fresh) -> tuple[list[ports.QualificationRow], str]:
        """Qualifications by id, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = KINDS.page(cursor, query)
        found = [
            ports.QualificationRow(
                qualification_id=row["qualification_id"],
                name=Text(zh=row["name_zh"], en=row["name_en"]),
                valid_days=row["valid_days"],
            )
            for row in rows
        ]
        return found, next_token

    def courses(self, query: ListQuery, fresh: Fresh) -> tuple[list[ports.CourseRow], str]:
        """Courses by id, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = OFFERED.page(cursor, query)
        found = [
            ports.CourseRow(
                course_id=row["course_id"],
                title=Text(zh=row["title_zh"], en=row["title_en"]),
                area_id=row["area_id"],
                area_path=AreaPath(row["area_path"]),
                qualification_id=row["qualification_id"],
            )
            for row in rows
        ]
        return found, next_token

    def certificates(
        self, query: ListQuery, me: str, at: datetime | None, reach: Reach, fresh: Fresh
    ) -> tuple[list[ports.CertificateRow], str]:
        """Own certificates and those of people within reach; if a moment is given, the valid ones of it."""
        own = Condition("party_id = %s", (me,))
        where = Condition.any_of([own, reach.condition(area_column="area_path")])
        if at is not None:
            where &= Condition(valid("held", "%s"), (at,) * 3)
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = HELD.page(cursor, query, where=where)
        return [_certificate(row) for row in rows], next_token


def _certificate(row: CertificateRow) -> ports.CertificateRow:
    return ports.CertificateRow(
        certificate_id=row["certificate_id"],
        party_id=row["party_id"],
        qualification_id=row["qualification_id"],
        course_id=row["course_id"],
        issued_at=row["issued_at"],
        valid_until=row["valid_until"],
        revoked_at=row["revoked_at"],
    )
