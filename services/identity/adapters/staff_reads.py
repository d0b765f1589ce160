"""Answers about posts and their holders, from the view `staffing`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from libs.ledger.text import Text
from libs.ledger.views.view import Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, flag, text
from libs.query.freshness import Fresh, ListQuery, PageQuery
from libs.query.listing import Derived, Listing
from libs.query.paging import ascending, descending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.adapters.views.staffing import APPOINTMENTS, VIEW, AppointmentRow, StandingRow
from services.identity.application import staff_ports as ports
from services.identity.domain.post.events import PostRole
from services.identity.domain.values import Role, Within

YEAR = timedelta(days=365)


def during(row: str, at: str = "at") -> str:
    """Whether a row with `since` and `until` was so at a moment."""
    return f"({row}.since <= {at} AND ({row}.until IS NULL OR {row}.until > {at}))"


def valid(row: str, at: str = "at") -> str:
    """Whether a certificate counted at a moment."""
    return (
        f"({row}.issued_at <= {at} AND ({row}.valid_until IS NULL OR {row}.valid_until > {at})"
        f" AND ({row}.revoked_at IS NULL OR {row}.revoked_at > {at}))"
    )


_AT = "(SELECT %s::timestamptz AS at) AS moment"
_QUALIFIED = (
    "SELECT c.party_id FROM certificates c JOIN trained t USING (party_id) JOIN needs n"
    f" ON n.post_id = p.post_id AND n.qualification_id = c.qualification_id AND {during('n')}"
    f" WHERE NOT t.erased AND {valid('c')} AND c.party_id IS DISTINCT FROM a.party_id"
    " GROUP BY c.party_id HAVING count(DISTINCT c.qualification_id) ="
    f" (SELECT count(*) FROM needs m WHERE m.post_id = p.post_id AND {during('m')})"
)
"""Who, but for the holder, has all that a post needs; nobody for a post that needs nothing."""
_STANDING = "p.established_at <= at AND (p.abolished_at IS NULL OR p.abolished_at > at)"
_HOLDER = f"LEFT JOIN appointments a ON a.post_id = p.post_id AND {during('a')}"
_POSTS = (
    "SELECT p.*, coalesce(a.party_id, '') AS holder_id, a.since AS held_since, a.until AS held_until,"
    " a.party_id IS NULL AS vacant,"
    " coalesce((SELECT max(h.until) FROM appointments h"
    " WHERE h.post_id = p.post_id AND h.until <= at), p.established_at) AS vacant_since,"
    " coalesce((SELECT array_agg(n.qualification_id ORDER BY n.qualification_id) FROM needs n"
    f" WHERE n.post_id = p.post_id AND {during('n')}), '{{}}') AS needs,"
    f" (SELECT count(*) FROM ({_QUALIFIED}) q) AS candidates"
    f" FROM {_AT} CROSS JOIN posts p {_HOLDER} WHERE {_STANDING}"
)


class CandidateRow(TypedDict):
    """Who could take a post."""

    party_id: str
    area_path: str


LISTED = Listing(
    table=Derived(name="standing", row=StandingRow, sql=_POSTS),
    order=(ascending("post_id"),),
    filters=Filters(
        body_id=text("body_id"), area=area("area_path"), holder_id=text("holder_id"), vacant=flag("vacant")
    ),
    area="area_path",
    body="body_id",
)
HELD = Listing(
    table=APPOINTMENTS,
    order=(descending("since", datetime), ascending("post_id")),
    filters=Filters(
        post_id=text("post_id"), party_id=text("party_id"), body_id=text("body_id"), area=area("area_path")
    ),
    area="area_path",
    body="body_id",
)
CANDIDATES = Listing(
    table=Derived(
        name="candidates",
        row=CandidateRow,
        sql=f"SELECT q.party_id, t.area_path FROM {_AT} CROSS JOIN posts p {_HOLDER},"
        f" LATERAL ({_QUALIFIED}) q JOIN trained t USING (party_id) WHERE p.post_id = %s",
    ),
    order=(ascending("party_id"),),
    area="area_path",
)


@dataclass(frozen=True, slots=True)
class StaffReads:
    """`ports.StaffReads`, answered from the view."""

    views: Views

    def posts(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[list[ports.PostRow], str]:
        """Posts of a moment within reach by id, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach, params=(at,))
        return [_post(row) for row in rows], next_token

    def appointments(
        self, query: ListQuery, reach: Reach, fresh: Fresh
    ) -> tuple[list[ports.AppointmentRow], str]:
        """Appointments to posts within reach, the newest first, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = HELD.page(cursor, query, reach)
        return [_appointment(row) for row in rows], next_token

    def candidates(
        self, query: PageQuery, post_id: str, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[list[str], str]:
        """Who in reach holds all that a post needs at a moment, and not the post itself; the next token."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = CANDIDATES.page(cursor, query, reach, params=(at, post_id))
        return [row["party_id"] for row in rows], next_token

    def shortages(
        self, area_path: AreaPath, at: datetime, later: datetime, fresh: Fresh
    ) -> list[ports.Shortage]:
        """By qualification, for the posts of an area at a moment; and what of it holds at a later one."""
        posts, people = (Condition.within(f"{table}.area_path", area_path) for table in ("p", "t"))
        needed = (
            "SELECT n.qualification_id, count(*) AS posts, count(a.party_id) AS held,"
            f" count(*) FILTER (WHERE {_has('at')}) AS covered,"
            f" count(*) FILTER (WHERE {_has('at')} AND {_has('later')}) AS covered_later"
            " FROM (SELECT %s::timestamptz AS at, %s::timestamptz AS later) AS moment"
            f" CROSS JOIN posts p JOIN needs n ON n.post_id = p.post_id {_HOLDER}"
            f" WHERE {_STANDING} AND {during('n')} AND {posts.sql} GROUP BY n.qualification_id"
        )
        free = (
            "SELECT c.qualification_id, count(DISTINCT c.party_id) AS free"
            f" FROM {_AT}, certificates c JOIN trained t USING (party_id)"
            f" WHERE NOT t.erased AND {valid('c')} AND {people.sql} AND NOT EXISTS"
            f" (SELECT FROM appointments a WHERE a.party_id = c.party_id AND {during('a')})"
            " GROUP BY c.qualification_id"
        )
        select = (
            f"SELECT *, coalesce(free, 0) AS at_hand FROM ({needed}) s LEFT JOIN ({free}) f"
            " USING (qualification_id) ORDER BY qualification_id"
        )
        params = (at, later, *posts.params, at, *people.params)
        with fresh.read(self.views, VIEW) as cursor:
            rows = cursor.execute(select, params).fetchall()
        return [
            ports.Shortage(
                qualification_id=row["qualification_id"],
                posts=row["posts"],
                held=row["held"],
                covered=row["covered"],
                covered_later=row["covered_later"],
                free=row["at_hand"],
            )
            for row in rows
        ]

    def retention(self, area_path: AreaPath, body_id: str, at: datetime, fresh: Fresh) -> ports.Retention:
        """How long the holders of an area's posts (of one body, if it is named) stayed, as of a moment."""
        where = Condition.within("area_path", area_path)
        if body_id:
            where &= Condition("body_id = %s", (body_id,))
        stayed = "until IS NULL OR until >= since + year"
        select = (
            "SELECT count(*) AS begun, count(*) FILTER (WHERE until IS NULL OR until > at) AS holding,"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM until - since) / 86400)"
            " FILTER (WHERE until <= at) AS median_days,"
            " count(*) FILTER (WHERE since + year <= at) AS due_a_year,"
            f" count(*) FILTER (WHERE since + year <= at AND ({stayed})) AS stayed_a_year"
            " FROM (SELECT %s::timestamptz AS at, %s::interval AS year) AS moment, appointments"
            f" WHERE since <= at AND {where.sql}"
        )
        with fresh.read(self.views, VIEW) as cursor:
            [row] = cursor.execute(select, (at, YEAR, *where.params))
        return ports.Retention(**row)


def _has(at: str) -> str:
    """Whether the holder of a post has the qualification that it needs, at a moment."""
    return (
        "EXISTS (SELECT FROM certificates c JOIN trained t USING (party_id) WHERE NOT t.erased"
        f" AND c.party_id = a.party_id AND c.qualification_id = n.qualification_id AND {valid('c', at)})"
    )


def _post(row: StandingRow) -> ports.PostRow:
    return ports.PostRow(
        post_id=row["post_id"],
        body_id=row["body_id"],
        title=Text(zh=row["title_zh"], en=row["title_en"]),
        area_id=row["area_id"],
        area_path=AreaPath(row["area_path"]),
        needs=tuple(row["needs"]),
        roles=tuple(_roles(row["roles"])),
        holder_id=row["holder_id"],
        held_since=row["held_since"],
        held_until=row["held_until"],
        vacant_since=row["vacant_since"] if row["vacant"] else None,
        successor_id=row["successor_id"],
        candidates=row["candidates"],
    )


def _roles(parts: list[str]) -> Iterator[PostRole]:
    for role, area_id, area_path, body_id in zip(*[iter(parts)] * 4, strict=True):
        within = Within(area_id=area_id, area_path=AreaPath(area_path), body_id=body_id)
        yield PostRole(role=Role(role), within=within)


def _appointment(row: AppointmentRow) -> ports.AppointmentRow:
    return ports.AppointmentRow(
        post_id=row["post_id"],
        body_id=row["body_id"],
        party_id=row["party_id"],
        since=row["since"],
        until=row["until"],
    )
