"""The scoreboard equals a brute-force recount of what was published, whatever happened to the cases."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from linli.cases.v1 import cases_events_pb2 as cases
from psycopg import Cursor
from psycopg.rows import DictRow, dict_row

from libs.ledger.recorded import Context, Recorded
from libs.rpc.moments import stamp
from libs.rules.areas import AreaPath
from libs.testkit.clocks import START
from libs.testkit.examples import examples
from libs.testkit.views import MemoryRows, folded
from services.supervision.adapters import scoreboard
from services.supervision.adapters.views.case_facts import CaseFacts
from services.supervision.application.ports import Grouping, Question, Selection
from services.supervision.domain.case_record import CASE_RECORD
from services.supervision.domain.case_record.events import CaseRated
from services.supervision.domain.case_record.situations import CaseRecord
from services.supervision.domain.metrics import Score
from services.supervision.tests.adapters.recount import (
    BODIES,
    Cell,
    History,
    body_of,
    histories,
    merged,
    recount,
)
from services.supervision.tests.published import fact, opened
from services.supervision.wiring import SERVICE

JUDGED_AT = START + timedelta(hours=120)

GROUPS: dict[Grouping, Callable[[History], str]] = {
    Grouping.ALL: lambda history: "",
    Grouping.BODY: body_of,
    Grouping.AFFAIR: lambda history: str(history[0].affair_id),
    Grouping.AREA: lambda history: area_at(history, 2),
    Grouping.CHANNEL: lambda history: channel_of(history),
}


def area_at(history: History, depth: int) -> str:
    areas = history[0].area_path.split("/")
    return str(areas[depth - 1]) if len(areas) >= depth else ""


def channel_of(history: History) -> str:
    names = {1: "web", 2: "phone_operator", 3: "grid_worker", 4: "partner_api", 5: "sms_relay"}
    names |= {6: "mobile_app", 7: "email", 8: "letter", 9: "field_report", 10: "desk", 11: "import"}
    names |= {12: "sensor"}
    return names[history[0].channel]


@pytest.fixture(scope="module")
def cursor(module_database: str) -> Iterator[Cursor[DictRow]]:
    """Stands in the empty tables of the view."""
    view = CaseFacts()
    with psycopg.connect(module_database, row_factory=dict_row) as connection:
        at_hand = connection.cursor()
        at_hand.execute(f"CREATE SCHEMA {view.schema}")
        at_hand.execute(f"SET search_path TO {view.schema}")
        for table in view.tables:
            for statement in (table.ddl(), *table.index_ddl()):
                at_hand.execute(statement)
        connection.commit()
        yield at_hand


def told_to_supervision(messages: list[Any], repeats: list[int]) -> Iterator[Recorded[Any]]:
    """Published events through the reactions and the decider, some of them delivered again."""
    states: dict[str, CaseRecord] = {}
    versions: dict[str, int] = {}
    delivered: list[tuple[Any, int]] = []
    position = 0
    for number, message in enumerate(messages):
        versions[message.case_id] = version = versions.get(message.case_id, 0) + 1
        delivered.append((message, version))
        again = [delivered[each % len(delivered)] for each in repeats if each % 7 == number % 7]
        for published, of_version in [(message, version), *again]:
            when = SERVICE.subscriptions["cases"][type(published)]
            for reaction in when(
                published, fact(published, version=of_version, sequence=number + 1, at=START)
            ):
                command: Any = getattr(reaction, "command")  # noqa: B009  # a case never calls for an erasure
                state = states.get(published.case_id, CASE_RECORD.initial)
                for event in CASE_RECORD.decide(command, state):
                    position += 1
                    states[published.case_id] = state = CASE_RECORD.evolve(state, event)
                    yield Recorded(
                        stream=f"case_record-{published.case_id}",
                        version=1,
                        position=position,
                        name="",
                        event=event,
                        metadata=Context(actor="supervision").metadata(START),
                        recorded_at=START,
                    )


def counted(cursor: Cursor[DictRow], messages: list[Any], repeats: list[int]) -> MemoryRows:
    """Fold what was published, and put the rows into the tables."""
    rows = folded(CaseFacts(), told_to_supervision(messages, repeats))
    stored(cursor, rows)
    return rows


def stored(cursor: Cursor[DictRow], rows: MemoryRows) -> None:
    for table in CaseFacts.tables:
        cursor.execute(f"TRUNCATE {table.name}")
        marks = ", ".join(f"%({column})s" for column in table.columns)
        columns = ", ".join(table.columns)
        cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", rows.all(table.name))


def ask(cursor: Cursor[DictRow], group_by: Grouping, **selection: Any) -> dict[str, Score]:
    question = Question(
        group_by=group_by, area_depth=2, judged_at=JUDGED_AT, selection=Selection(**selection)
    )
    return {score.group_id: score for score in scoreboard.count(cursor, "cases", question)}


def same(score: Score, cell: Cell) -> None:
    assert {state: count for state, count in score.states.items() if count} == cell.states
    for name in (
        "on_time", "late", "without_promise", "overdue", "ever_resolved", "reopened", "given", "returned",
        "first_response_breached", "resolution_breached",
    ):  # fmt: skip
        assert getattr(score, name) == getattr(cell, name), name
    assert (score.median_close_seconds, score.p90_close_seconds) == (cell.percentile(5), cell.percentile(9))


several_cases = st.integers(1, 14).flatmap(
    lambda many: st.tuples(*(histories(f"c{number}") for number in range(many)))
)


@examples(
    30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    told=several_cases,
    order=st.lists(st.integers(0, 13), max_size=60),
    repeats=st.lists(st.integers(0, 99), max_size=9),
)
def test_the_scoreboard_equals_a_recount_in_every_cell(
    cursor: Cursor[DictRow], told: tuple[History, ...], order: list[int], repeats: list[int]
) -> None:
    counted(cursor, merged(told, order), repeats)

    for group_by, group in GROUPS.items():
        scores = ask(cursor, group_by)
        cells = recount(told, group, JUDGED_AT, by_body=group_by is Grouping.BODY)

        assert scores.keys() == cells.keys(), group_by
        for name, cell in cells.items():
            same(scores[name], cell)


@examples(
    15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=several_cases)
def test_a_selection_counts_the_selected_cases_and_no_others(
    cursor: Cursor[DictRow], told: tuple[History, ...]
) -> None:
    counted(cursor, merged(told, []), [])
    since = START + timedelta(hours=80)

    def compare(wanted: Callable[[History], bool], **selection: Any) -> None:
        scores = ask(cursor, Grouping.AFFAIR, **selection)
        cells = recount(filter(wanted, told), GROUPS[Grouping.AFFAIR], JUDGED_AT)
        assert scores.keys() == cells.keys()
        for name, cell in cells.items():
            same(scores[name], cell)

    compare(
        lambda history: f"{history[0].area_path}/".startswith("la/south/"),
        area_path="la/south",
    )
    compare(lambda history: body_of(history) == BODIES[0], body_id=BODIES[0])
    compare(lambda history: history[0].affair_id == "graffiti", affair_ids=("graffiti",))
    compare(
        lambda history: history[0].opened_time.ToDatetime(tzinfo=START.tzinfo) >= since, opened_from=since
    )
    compare(
        lambda history: history[0].opened_time.ToDatetime(tzinfo=START.tzinfo) < since, opened_until=since
    )


@pytest.mark.capability("003.1")
@examples(
    15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=several_cases)
def test_cut_by_the_areas_of_a_later_moment_the_rows_add_up_to_the_same(
    cursor: Cursor[DictRow], told: tuple[History, ...]
) -> None:
    counted(cursor, merged(told, []), [])
    merger = {"la/south": "la/bay", "la/south/pier": "la/bay"}

    for group_by, group in GROUPS.items():
        question = Question(group_by=group_by, area_depth=2, judged_at=JUDGED_AT, moved=merger)
        cases = scoreboard.moved(cursor, "cases", merger)
        scores = {score.group_id: score for score in scoreboard.count(cursor, cases, question)}
        cut = _cut(group, merger) if group_by is Grouping.AREA else group
        cells = recount(told, cut, JUDGED_AT, by_body=group_by is Grouping.BODY)

        assert scores.keys() == cells.keys(), group_by
        for name, cell in cells.items():
            same(scores[name], cell)


def _cut(group: Callable[[History], str], merger: dict[str, str]) -> Callable[[History], str]:
    """The same groups, by the areas after the merger."""

    def cut(history: History) -> str:
        after = merger.get(history[0].area_path)
        return after.split("/")[1] if after else group(history)

    return cut


@pytest.mark.parametrize("many", [1, 2, 3, 9, 10, 11, 70])
def test_percentiles_are_observed_values(cursor: Cursor[DictRow], many: int) -> None:
    messages = []
    for number in range(many):
        closed_at = START + timedelta(minutes=(number * 37) % many, microseconds=900_000)
        messages += [
            opened(f"c{number}", START),
            cases.CaseResolved(case_id=f"c{number}", body_id="dot", resolved_time=stamp(closed_at)),
            cases.CaseClosed(case_id=f"c{number}", body_id="dot", closed_time=stamp(closed_at)),
        ]
    counted(cursor, messages, [])
    minutes = sorted((number * 37) % many for number in range(many))

    [score] = ask(cursor, Grouping.ALL).values()

    assert score.median_close_seconds == 60 * minutes[-(-many // 2) - 1]
    assert score.p90_close_seconds == 60 * minutes[-(-many * 9 // 10) - 1]


def test_a_pause_moves_the_due_moment(cursor: Cursor[DictRow]) -> None:
    done = START + timedelta(hours=7)
    resumed = cases.CaseResumed(case_id="c1", body_id="dot", resumed_time=stamp(START))
    resumed.resolution.due_time.FromDatetime(done)
    resolved = cases.CaseResolved(case_id="c1", body_id="dot", resolved_time=stamp(done))
    counted(cursor, [opened("c1", START, due=START + timedelta(hours=5)), resumed, resolved], [])

    [score] = ask(cursor, Grouping.ALL).values()

    assert (score.on_time, score.late) == (1, 0)


def test_ratings_are_averaged(cursor: Cursor[DictRow]) -> None:
    rows = counted(cursor, [opened("c1", START), opened("c2", START)], [])
    for case_id, stars in (("c1", 5), ("c1", 2), ("c2", 1)):
        rated = CaseRated(
            rater_id="r",
            stars=stars,
            by_reporter=False,
            body_id="",
            affair_id="",
            area_path=AreaPath(""),
            at=START,
        )
        recorded = Recorded(
            stream=f"case_record-{case_id}", version=9, position=9, name="", event=rated,
            metadata=Context(actor="r").metadata(START), recorded_at=START,
        )  # fmt: skip
        CaseFacts().fold(recorded, rows)
    stored(cursor, rows)

    [score] = ask(cursor, Grouping.ALL).values()

    assert (score.ratings, score.stars, score.average_rating) == (3, 8, 8 / 3)


def test_without_cases_there_are_no_rows(cursor: Cursor[DictRow]) -> None:
    counted(cursor, [], [])

    assert ask(cursor, Grouping.ALL) == ask(cursor, Grouping.BODY) == {}
