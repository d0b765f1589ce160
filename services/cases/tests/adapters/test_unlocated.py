"""Which cases are to be located again: a pure fold of what their openings knew."""

from dataclasses import replace

import pytest

from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.cases.adapters.views.unlocated import PLACED, VIEW
from services.cases.domain.values import Point
from services.cases.tests.domain.history import CASE_ID, opened, routed

pytestmark = pytest.mark.capability("003.1")
SOMEWHERE = Point(latitude=34.05, longitude=-118.25)


@pytest.mark.parametrize(("redrawn", "unsure"), [(None, True), (True, True), (False, False)])
def test_a_case_whose_opening_did_not_ask_is_looked_at_again(redrawn: bool | None, unsure: bool) -> None:
    """Releases before `redrawn` open cases after the newest boundary, too."""
    event = replace(opened(), point=SOMEWHERE, redrawn=redrawn)

    [row] = folded(VIEW, recorded(f"case-{CASE_ID}", event, routed())).all(PLACED.name)

    assert row["unsure"] is unsure
