"""Rpcs are found by their short names; who mistypes one is told what was probably meant."""

import pytest

from libs.runtime.config.guards import CannotStart
from services.command.rpcs import find


def told(name: str) -> str:
    with pytest.raises(CannotStart) as refused:
        find(name)
    return str(refused.value)


def test_an_rpc_is_found_by_service_and_name() -> None:
    assert find("cases.ListCases").full_name == "linli.cases.v1.CasesService.ListCases"
    assert find("feed.ReadEvents").full_name == "linli.feed.v1.FeedService.ReadEvents"
    assert find("operations.RetryParkedEvent").name == "RetryParkedEvent"


@pytest.mark.parametrize("typed", ["case.ListCases", "ListCases", "cases.listcases", "cases.ListCase"])
def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(typed: str) -> None:
    message = told(typed)

    assert "write service.Rpc, for instance cases.ListCases" in message
    assert "did you mean: cases.ListCases" in message


def test_a_service_without_such_an_rpc_is_answered_with_those_it_has() -> None:
    assert "cases has OpenCase, " in told("cases.Xyzzy")


def test_a_service_that_is_none_is_answered_with_those_there_are() -> None:
    those = "identity, catalog, cases, volunteers, supervision, feed, operations, privacy, acting"

    assert f"services: {those}" in told("xyzzy.Xyzzy")
