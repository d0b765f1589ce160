"""After 10,000 requests: every view, built anew from its ledger, equals the live one row for row."""

import pytest

from e2e.journeys.cities import Told
from e2e.journeys.ledgers import gaps, ledger_of, streams_of
from libs.testkit.views import assert_rebuilt_equals_live
from services.command.registry import NAMES, load


@pytest.mark.parametrize("name", NAMES)
def test_rebuilt_views_equal_live_views(los_angeles: Told, name: str) -> None:
    service = load(name)
    with ledger_of(los_angeles.platform.data, service) as ledger:
        assert_rebuilt_equals_live(ledger, service.views)


@pytest.mark.parametrize("name", NAMES)
def test_the_versions_of_every_stream_are_dense(los_angeles: Told, name: str) -> None:
    with ledger_of(los_angeles.platform.data, load(name)) as ledger:
        assert gaps(streams_of(ledger)) == []
