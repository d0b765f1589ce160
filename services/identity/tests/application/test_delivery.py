"""How sending notices outlasts a restore of the ledger."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from libs.ledger.decider import Kind, Refusal
from services.identity.application.delivery import Deliveries
from services.identity.application.notice_ports import Ready

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Reads:
    """Answers of views, and what they were asked to have seen; after a restore some of it is lost."""

    def __init__(self, code: str = "HISTORY_CHANGED") -> None:
        self.asked: list[str] = []
        self._code = code

    def ready(self, _now: datetime, _limit: int, at_least: str, **_: bool) -> Sequence[Ready]:
        self.asked.append(at_least)
        if at_least == "r40.2":
            raise Refusal(Kind.PRECONDITION, self._code, "it was lost")
        return []

    def due(self, _now: datetime, _limit: int, _at_least: str) -> Sequence[str]:
        return []


def sending(reads: Any) -> Deliveries:
    """The loop in a process that has recorded something at `r40.2`."""
    nothing: Any = None
    offered: Any = SimpleNamespace(offered=frozenset())
    made = Deliveries(
        stream=nothing,
        residents=nothing,
        notices=offered,
        outbox=reads,
        reads=reads,
        channels={},
        clock=lambda: NOON,
        told=nothing,
    )
    made._seen[0] = "r40.2"
    return made


def leads() -> None:
    """This process sends."""


def test_sending_goes_on_after_the_ledger_lost_what_was_recorded_last() -> None:
    reads = Reads()
    deliveries = sending(reads)

    deliveries.work(leads)
    deliveries.work(leads)

    assert reads.asked == ["r40.2", ""]


def test_another_refusal_is_not_swallowed() -> None:
    with pytest.raises(Refusal, match="OTHER"):
        sending(Reads("OTHER")).work(leads)
