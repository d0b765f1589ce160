"""Which bodies keep what of people, and who lets whom read it?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.domain.data_set import DataField, DataSetDefined
from services.identity.domain.share import Asked, ShareAsked, ShareDecided, ShareEnded


class DataSetRow(TypedDict):
    """A data set."""

    data_set_id: str
    owner_body_id: str
    name_zh: str
    name_en: str
    fields: list[str]
    legal_basis: str
    area_id: str
    area_path: str
    defined_at: datetime


class ShareRow(TypedDict):
    """A share, and what became of it; `decision` is `granted`, `refused` or nothing yet."""

    share_id: str
    data_set_id: str
    owner_body_id: str
    asking_body_id: str
    purpose: str
    legal_basis: str
    area_path: str
    since: datetime
    until: datetime
    asked_by: str
    asked_at: datetime
    decision: str
    decided_by: str
    decided_at: datetime | None
    ended_by: str
    ended_at: datetime | None


DATA_SETS = Table.of("data_sets", DataSetRow, key=("data_set_id",))
SHARES = Table.of(
    "shares",
    ShareRow,
    key=("share_id",),
    indexes=("asked_at", "owner_body_id", "asking_body_id", "data_set_id"),
)
LISTED_SETS = Listing(
    table=DATA_SETS,
    order=(ascending("data_set_id"),),
    filters=Filters(body_id=text("owner_body_id")),
)
LISTED_SHARES = Listing(
    table=SHARES,
    order=(descending("asked_at", datetime), ascending("share_id")),
    filters=Filters(
        data_set_id=text("data_set_id"),
        owner_body_id=text("owner_body_id"),
        asking_body_id=text("asking_body_id"),
    ),
)


class SharingView(View):
    """One row for each data set, and for each share."""

    name = "sharing"
    tables = (DATA_SETS, SHARES)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is defined or asked for, mark what is decided and ended."""
        match recorded.event:
            case DataSetDefined() as event:
                rows.put(DATA_SETS, _set_row(event))
            case ShareAsked() as event:
                rows.put(SHARES, _share_row(event))
            case ShareDecided() as event:
                rows.change(
                    SHARES,
                    event.share_id,
                    decision="granted" if event.granted else "refused",
                    decided_by=event.decided_by,
                    decided_at=event.decided_at,
                )
            case ShareEnded() as event:
                rows.change(SHARES, event.share_id, ended_by=event.ended_by, ended_at=event.ended_at)
            case _:
                pass


VIEW = SharingView()


@dataclass(frozen=True, slots=True)
class SharingReads:
    """`sharing.SharingReads`, answered from the view."""

    views: Views

    def data_sets(self, query: ListQuery, fresh: Fresh) -> tuple[list[DataSetDefined], str]:
        """A page of all data sets, and the token of the next."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED_SETS.page(cursor, query)
        return [_data_set(row) for row in rows], token

    def shares(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[Asked], str]:
        """A page of the shares of bodies within reach, the newest first."""
        sides = (
            reach.condition(area_column="area_path", body_column=side)
            for side in ("owner_body_id", "asking_body_id")
        )
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED_SHARES.page(cursor, query, where=Condition.any_of(sides))
        return [_share(row) for row in rows], token

    def all_data_sets(self, fresh: Fresh) -> list[DataSetDefined]:
        """All data sets: a city has some hundred."""
        with fresh.read(self.views, VIEW) as cursor:
            rows = cursor.execute("SELECT * FROM data_sets ORDER BY data_set_id").fetchall()
        return [_data_set(row) for row in rows]


def _set_row(event: DataSetDefined) -> DataSetRow:
    return DataSetRow(
        data_set_id=event.data_set_id,
        owner_body_id=event.owner_body_id,
        name_zh=event.name.zh,
        name_en=event.name.en,
        fields=[each.value for each in event.fields],
        legal_basis=event.legal_basis,
        area_id=event.area_id,
        area_path=event.area_path,
        defined_at=event.defined_at,
    )


def _share_row(event: ShareAsked) -> ShareRow:
    return ShareRow(
        share_id=event.share_id,
        data_set_id=event.data_set_id,
        owner_body_id=event.owner_body_id,
        asking_body_id=event.asking_body_id,
        purpose=event.purpose,
        legal_basis=event.legal_basis,
        area_path=event.area_path,
        since=event.since,
        until=event.until,
        asked_by=event.asked_by,
        asked_at=event.asked_at,
        decision="",
        decided_by="",
        decided_at=None,
        ended_by="",
        ended_at=None,
    )


def _data_set(row: Any) -> DataSetDefined:
    return DataSetDefined(
        data_set_id=row["data_set_id"],
        owner_body_id=row["owner_body_id"],
        name=Text(zh=row["name_zh"], en=row["name_en"]),
        fields=tuple(map(DataField, row["fields"])),
        legal_basis=row["legal_basis"],
        area_id=row["area_id"],
        area_path=AreaPath(row["area_path"]),
        defined_at=row["defined_at"],
    )


def _share(row: ShareRow) -> Asked:
    share_id, decided_at, ended_at = row["share_id"], row["decided_at"], row["ended_at"]
    decided = decided_at and ShareDecided(
        share_id=share_id,
        granted=row["decision"] == "granted",
        decided_by=row["decided_by"],
        decided_at=decided_at,
    )
    ended = ended_at and ShareEnded(share_id=share_id, ended_by=row["ended_by"], ended_at=ended_at)
    asked = ShareAsked(
        share_id=share_id,
        data_set_id=row["data_set_id"],
        owner_body_id=row["owner_body_id"],
        asking_body_id=row["asking_body_id"],
        purpose=row["purpose"],
        legal_basis=row["legal_basis"],
        area_path=AreaPath(row["area_path"]),
        since=row["since"],
        until=row["until"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
    )
    return Asked(asked=asked, decided=decided or None, ended=ended or None)
