"""The page of `make run`: a headline, the three worst things, and nothing wider than the page."""

from datetime import UTC, datetime, timedelta

import pytest
from linli.cases.v1 import cases_types_pb2 as types
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import LocalizedText

from e2e.city import page
from e2e.tests.test_report import OUTCOME
from services.command.imports.report import headline
from services.command.imports.report import tables as report
from services.command.imports.report.board import Board, OpenCase, Period, Row, Section

FIRST = datetime(2020, 1, 1, 8, 5, tzinfo=UTC)
LONGEST = "open for 214 days, 184 days too long (LL-1: Tent, Bay)"
UNTIL = datetime(2020, 8, 3, 7, 0, tzinfo=UTC)
PERIOD = Period(first=FIRST, last=FIRST + timedelta(days=2), until=UNTIL)


def group(name: str, on_time: int, late: int, waited: int = 0, opened: int = 0, overdue: int = 0) -> Row:
    closed = on_time + late
    states = [supervision.StateCount(state=types.CASE_STATE_CLOSED, cases=closed)]
    return Row(
        group_id=name.lower(), name=LocalizedText(en=name), cases=closed + opened, open=opened, states=states,
        on_time=on_time, late=late, on_time_rate=on_time / closed, overdue=overdue,
        median_close_seconds=86_400, p90_close_seconds=864_000, first_response_breached=waited,
    )  # fmt: skip


def waiting(public_id: str, due: datetime) -> OpenCase:
    case = OpenCase(
        public_id=public_id, area_path="la/la-region-1/la-nc-19", area_name=LocalizedText(en="Bay"),
        affair_name=LocalizedText(en="Tent"), body_name=LocalizedText(en="Sanitation"),
    )  # fmt: skip
    case.opened_time.FromDatetime(due - timedelta(days=30))
    case.due_time.FromDatetime(due)
    return case


BOARD = Board(
    whole=group("all", on_time=900, late=100, waited=200, opened=3, overdue=2),
    sections=[
        Section(
            "By department",
            "(none)",
            [
                group("Parks", on_time=0, late=3, waited=3),
                group("Lights", on_time=50, late=50, waited=20),
                group("Streets", on_time=850, late=47, waited=177),
            ],
        )
    ],
    judged=UNTIL,
    waiting=[waiting("LL-1", UNTIL - timedelta(days=184, hours=3)), waiting("LL-2", UNTIL + timedelta(1))],
    crews=group("crews", on_time=5, late=0),
    cut=page.CUT,
)


def test_the_worst_of_each_kind_stands_first_and_a_handful_of_cases_does_not() -> None:
    worst = headline.worst(BOARD)

    assert worst == [
        "Lights: 50 of 100 cases were resolved late (50.0%; of all cases 10.0%); the median took 1.0 days.",
        "Lights: 20 of 100 cases got a first answer late or not at all (20.0%; of all cases 19.9%).",
        f"Left open: 2 of 3 open cases are overdue; the oldest has been {LONGEST}.",
    ]


def test_a_share_of_many_cases_is_worse_than_the_same_share_of_few() -> None:
    groups = [group("Few", on_time=6, late=6), group("Many", on_time=60, late=60)]
    whole = group("all", on_time=966, late=66)

    first, *_ = headline.worst(Board(whole, [Section("By", "(none)", groups)], UNTIL))

    assert first.startswith("Many: 60 of 120")


def test_the_same_cases_are_not_told_twice() -> None:
    whole = group("all", on_time=900, late=100)
    sections = [
        Section("By", "", [group(name, on_time=20, late=20)]) for name in ("Graffiti", "Beautification")
    ]

    assert len(headline.worst(Board(whole, sections, UNTIL))) == 1


def test_nothing_late_is_said_so() -> None:
    said = list(page.lines(Board(group("all", 9, 0), [], UNTIL), outcome(), again=False))

    assert "  Nothing was late, and nothing is overdue." in said
    assert "  No case is open." in said


def test_the_headline_has_what_is_closed_late_and_open() -> None:
    assert headline.headline(BOARD) == (
        "1,000 of 1,003 requests are closed, 90.0% within the limit, half within 1.0 days; "
        "19.9% got their first answer late or not at all; 3 are still open, 2 of them overdue."
    )


@pytest.mark.parametrize(
    ("days", "title"),
    [
        (0, "1 January 2020"),
        (2, "1 to 3 January 2020"),
        (40, "1 January to 10 February 2020"),
        (400, "1 January 2020 to 4 February 2021"),
    ],
)
def test_the_title_has_the_period_of_the_file(days: int, title: str) -> None:
    period = Period(first=FIRST, last=FIRST + timedelta(days=days), until=UNTIL)

    assert headline.title(page.CUT, 7_312, period) == f"Los Angeles: 7,312 service requests of {title}"


def test_holidays_that_are_not_known_are_admitted() -> None:
    earlier = Period(first=FIRST - timedelta(days=90), last=FIRST, until=UNTIL)

    assert not any("holidays" in note for note in page.sentences(PERIOD))
    assert any("holidays of 2020, and know those of no other year" in n for n in page.sentences(earlier))


def test_open_cases_have_their_days_past_the_limit_and_their_council() -> None:
    heading, _, late, early = report.longest_open(BOARD)

    assert heading.endswith("on 3 August 2020, and days past the limit")
    assert late.split()[:5] == ["LL-1", "214", "d", "184", "d"]
    assert "Bay" in late
    assert early.split()[:4] == ["LL-2", "29", "d", "-"]


def test_the_page_begins_with_the_headline_and_is_never_wider_than_it_may_be() -> None:
    said = list(page.lines(BOARD, outcome(), again=False))

    assert said[1] == "Los Angeles: 1,003 service requests of 1 to 3 January 2020"
    assert said.index("The three worst things") < said.index("By department")
    assert max(map(len, said)) <= 100


def outcome() -> dict[str, object]:
    times = {"first": PERIOD.first, "last": PERIOD.last, "until": PERIOD.until}
    return {**OUTCOME, **{word: moment.isoformat() for word, moment in times.items()}}
