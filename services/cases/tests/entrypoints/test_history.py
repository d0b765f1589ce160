"""What a reporter hears of what happened to their case."""

from libs.ledger.recorded import Context
from libs.testkit.recorded import recorded
from services.cases.domain.case.events import DuplicateAdded
from services.cases.entrypoints.wire.history import Reader, history_shown
from services.cases.tests.domain.history import after
from services.cases.tests.domain.town import Town

LIN = Reader(is_reporter=True, reporter_id="resident-new", subject="resident-new")
MERGE = Context(actor="dora", request_id="merge-1", reason="the same as Mrs Wu's")


def test_why_cases_are_merged_is_told_to_no_reporter_by_whatever_else_came_of_it() -> None:
    town = Town()
    for case_id in ("old", "new"):
        town.opens(case_id, after())
    before = len(town.told["new"])

    town.merges("old", "new", after(days=60))

    came = town.told["new"][before:]
    assert [type(event) is DuplicateAdded for event in came].count(False) > 0  # limits were used up meanwhile
    shown = history_shown(recorded("case-new", *came, context=MERGE), LIN)
    assert {entry.reason for entry in shown} == {""}
