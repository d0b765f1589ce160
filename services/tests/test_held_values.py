"""Every view names the values that its rows hold as JSON: releases share only rows that both can read."""

import pytest

from libs.ledger.views.view import View
from services.cases.adapters.ledger import EVENTS
from services.cases.adapters.views import reference
from services.command.registry import NAMES, load

VIEWS = [(name, view) for name in NAMES for view in load(name).views]


@pytest.mark.parametrize(("service", "view"), VIEWS, ids=[f"{name}.{view.name}" for name, view in VIEWS])
def test_a_view_names_the_type_of_each_json_column(service: str, view: View) -> None:
    json = {column for table in view.tables for column, kind in table.columns.items() if kind == "jsonb"}

    assert json <= {name for name, _ in view.holds}


def test_a_fact_that_is_stored_under_a_newer_name_makes_another_shape() -> None:
    class OfTheReleaseBefore(reference.ReferenceFacts):
        holds = tuple(
            (name.replace("commitment_noted.v2", "commitment_noted.v1"), kind)
            for name, kind in reference.VIEW.holds
        )

    assert "commitment_noted.v2" in EVENTS.types
    assert OfTheReleaseBefore().shape != reference.VIEW.shape
