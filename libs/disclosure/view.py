"""Who read whose personal data?"""

from datetime import datetime
from typing import Any, TypedDict

from linli.privacy.v1 import privacy_types_pb2

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View
from libs.query.filters import Filters, choice, text
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from libs.rpc.enums import prefix_of

_PREFIX = prefix_of(privacy_types_pb2.DisclosurePurpose)


class DisclosureRow(TypedDict):
    """That somebody read personal data of one person."""

    disclosure_id: str
    subject_id: str
    reader_id: str
    roles: list[str]
    body_ids: list[str]
    classes: list[str]
    purpose: str
    reference: str
    rpc: str
    read_at: datetime


DISCLOSURES = Table.of(
    "disclosures",
    DisclosureRow,
    key=("disclosure_id", "subject_id"),
    indexes=(
        "read_at DESC, disclosure_id, subject_id",
        "subject_id, read_at DESC",
        "reader_id, read_at DESC",
    ),
)
LISTED = Listing(
    table=DISCLOSURES,
    order=(descending("read_at", datetime), ascending("disclosure_id"), ascending("subject_id")),
    filters=Filters(
        disclosure_id=text("disclosure_id"),
        subject_id=text("subject_id"),
        reader_id=text("reader_id"),
        purpose=choice(
            "purpose",
            {
                name.removeprefix(_PREFIX): name.removeprefix(_PREFIX)
                for name, number in privacy_types_pb2.DisclosurePurpose.items()
                if number
            },
            _PREFIX,
        ),
        reference=text("reference"),
        rpc=text("rpc"),
    ),
)


class DisclosuresView(View):
    """One row for each record and person."""

    name = "disclosures"
    tables = (DISCLOSURES,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put a row for each person whose data were read."""
        match recorded.event:
            case PersonalDataDisclosed() as event:
                for subject_id in event.subject_ids:
                    row = DisclosureRow(
                        disclosure_id=recorded.metadata.event_id,
                        subject_id=subject_id,
                        reader_id=recorded.metadata.actor,
                        roles=[*recorded.metadata.roles],
                        body_ids=[*event.body_ids],
                        classes=[*event.classes],
                        purpose=event.purpose,
                        reference=event.reference,
                        rpc=event.rpc,
                        read_at=recorded.recorded_at,
                    )
                    rows.put(DISCLOSURES, row)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> tuple[()]:
        """None: a record never changes."""
        return ()


VIEW = DisclosuresView()
