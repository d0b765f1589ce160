"""Counts the rows of `case_facts` into the groups of a scoreboard."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

from psycopg import Cursor, sql
from psycopg.rows import DictRow

from libs.query.conditions import Condition
from services.supervision.adapters.case_rows import CaseRow
from services.supervision.application.ports import Grouping, Question, Selection
from services.supervision.domain.metrics import Score
from services.supervision.domain.values import OPEN_STATES, CaseState

_STATES = [state.value for state in CaseState]
_DEALT_WITH = "state IN ('resolved', 'confirmed', 'closed')"
_NOT_MERGED = "state <> 'merged'"
_OPEN = f"state IN ({', '.join(repr(state.value) for state in OPEN_STATES)})"

_COUNTS = f"""
    {", ".join(f"count(*) FILTER (WHERE state = '{state}') AS {state}" for state in _STATES)},
    count(*) FILTER (WHERE {_DEALT_WITH} AND resolved_at <= due_at) AS on_time,
    count(*) FILTER (WHERE {_DEALT_WITH} AND resolved_at > due_at) AS late,
    count(*) FILTER (WHERE {_DEALT_WITH} AND due_at IS NULL) AS without_promise,
    count(*) FILTER (WHERE {_OPEN} AND due_at < least(paused_at, %s)) AS overdue,
    percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY close_seconds) AS close_seconds,
    count(*) FILTER (WHERE resolutions > 0) AS ever_resolved,
    count(*) FILTER (WHERE reopenings > 0) AS reopened,
    count(*) AS given,
    count(*) FILTER (WHERE returns > 0) AS returned,
    count(*) FILTER (WHERE first_response_breached) AS first_response_breached,
    count(*) FILTER (WHERE resolution_breached) AS resolution_breached,
    sum(ratings)::bigint AS ratings,
    sum(stars)::bigint AS stars
"""

_GROUPS = {
    Grouping.ALL: "''",
    Grouping.BODY: "coalesce(body_id, '')",
    Grouping.AFFAIR: "affair_id",
    Grouping.AREA: "split_part(area_path, '/', %s)",
    Grouping.CHANNEL: "channel",
}


def placed(cases: str, at: int) -> str:
    """The same cases, each in the area in which its place lies by the boundaries of a moment, if known.

    `at`: in microseconds since 1970. `opened_path` is where it was opened.
    """
    others = ", ".join(column for column in CaseRow.__annotations__ if column != "area_path")
    return (
        f"(SELECT {others}, cases.area_path AS opened_path, coalesce(redrawn.paths["
        f"(SELECT count(*) FROM unnest(redrawn.since) AS begun WHERE begun <= {at:d})], cases.area_path)"
        f" AS area_path FROM {cases} LEFT JOIN redrawn USING (case_id)) AS cases"
    )


def moved(cursor: Cursor[DictRow], cases: str, paths: Mapping[str, str]) -> str:
    """The same cases, those in areas at these paths as if they lay in the ones that came after."""
    if not paths:
        return cases
    pairs = [sql.Literal([*side]).as_string(cursor) for side in (paths.keys(), paths.values())]
    others = ", ".join(column for column in CaseRow.__annotations__ if column != "area_path")
    return (
        f"(SELECT {others}, coalesce(moved.after_it, area_path) AS area_path FROM {cases}"
        f" LEFT JOIN unnest({pairs[0]}::text[], {pairs[1]}::text[]) AS moved(path, after_it)"
        " ON moved.path = area_path) AS cases"
    )


def count(cursor: Cursor[DictRow], cases: str, question: Question) -> list[Score]:
    """A score for each group that has cases, by group. The cursor stands in `case_facts`.

    `cases`: the table, or what is to be counted in place of it under the same name.
    """
    where = _condition(question.selection)
    depth = (question.area_depth,) if question.group_by is Grouping.AREA else ()
    found = cursor.execute(
        f"SELECT {_GROUPS[question.group_by]} AS group_id, {_COUNTS} FROM {cases} WHERE {where.sql}"
        " GROUP BY 1",
        (*depth, question.judged_at, *where.params),
    ).fetchall()
    scores = {row["group_id"]: _score(row) for row in found}
    if question.group_by is Grouping.BODY:
        scores = _by_body(cursor, cases, question.selection, scores)
    return [scores[group] for group in sorted(scores)]


def _by_body(
    cursor: Cursor[DictRow], cases: str, selection: Selection, scores: dict[str, Score]
) -> dict[str, Score]:
    """Returns count for the body that sent the case back, breaches for the one that had it then.

    A body that has got rid of all its cases so is in the scoreboard none the less. Without this,
    who returns everything would look best.
    """
    given, breaches = _given(cursor, cases, selection), _breaches(cursor, cases, selection)
    gone = {body for body, row in given.items() if row["returned"]} | breaches.keys()
    counted = {}
    for body in scores.keys() | gone:
        held, late = given.get(body, Counter()), breaches.get(body, Counter())
        counted[body] = replace(
            scores.get(body, Score(group_id=body, states={})),
            given=held["given"],
            returned=held["returned"],
            first_response_breached=late["first_response_breached"],
            resolution_breached=late["resolution_breached"],
        )
    return counted


def _given(cursor: Cursor[DictRow], cases: str, selection: Selection) -> dict[str, Counter[str]]:
    """By body: how many cases it was ever given, and how many of them it sent back."""
    where = _of_any_body(selection, "holdings.body_id")
    found = cursor.execute(
        "SELECT holdings.body_id AS body, count(*) AS given, count(*) FILTER (WHERE returned) AS returned"
        f" FROM holdings JOIN {cases} USING (case_id) WHERE {where.sql} GROUP BY 1",
        where.params,
    )
    return {row.pop("body"): Counter(row) for row in found.fetchall()}


def _breaches(cursor: Cursor[DictRow], cases: str, selection: Selection) -> dict[str, Counter[str]]:
    """By body: in how many cases it let a limit pass; by "" those that no body had then."""
    found = defaultdict[str, Counter[str]](Counter)
    for breached in ("first_response_breached", "resolution_breached"):
        by = f"coalesce({breached}_by, '')"
        where = _of_any_body(selection, by) & Condition(breached)
        counted = cursor.execute(
            f"SELECT {by} AS body, count(*) AS cases FROM {cases} WHERE {where.sql} GROUP BY 1", where.params
        )
        for row in counted.fetchall():
            found[row["body"]][breached] = row["cases"]
    return found


def _of_any_body(selection: Selection, column: str) -> Condition:
    """The selection, whichever body has the cases now; a body that it names stands in `column`."""
    where = _condition(replace(selection, body_id=""))
    return where & Condition(f"{column} = %s", (selection.body_id,)) if selection.body_id else where


def _score(row: DictRow) -> Score:
    median, p90 = row.pop("close_seconds") or (None, None)
    states = {state: row.pop(state) for state in _STATES}
    return Score(states=states, median_close_seconds=median, p90_close_seconds=p90, **row)


def _condition(selection: Selection) -> Condition:
    """The selection over the columns of `cases`. A merged case is counted in the one in which it goes on."""
    parts = [Condition.within("area_path", selection.area_path), Condition(_NOT_MERGED)]
    if selection.body_id:
        parts.append(Condition("cases.body_id = %s", (selection.body_id,)))
    if selection.affair_ids is not None:
        parts.append(Condition("affair_id = ANY(%s)", (list(selection.affair_ids),)))
    if selection.opened_from:
        parts.append(Condition("opened_at >= %s", (selection.opened_from,)))
    if selection.opened_until:
        parts.append(Condition("opened_at < %s", (selection.opened_until,)))
    return Condition.all_of(parts)
