"""The page of the service shows the state machine as it is."""

from services.cases.tests.domain.state_diagram import BLOCK, README, drawn


def test_the_page_shows_every_way_from_one_situation_to_another() -> None:
    [shown] = BLOCK.findall(README.read_text("utf-8"))

    assert shown == drawn(), "draw it anew: python -m services.cases.tests.domain.state_diagram"
