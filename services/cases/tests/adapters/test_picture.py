"""The picture that opening a case asks, kept in memory."""

from collections.abc import Callable, Sequence

from libs.rules.areas import AreaPath
from services.cases.adapters.picture import LatestPicture
from services.cases.application.reference import NotedAt
from services.cases.domain.noted import AreaNoted


class Stored:
    """The view of noted facts, and the ledger below it."""

    def __init__(self) -> None:
        self.facts: list[NotedAt] = []
        self.doubts: list[Callable[[], None]] = []

    def note(self, position: int, area_id: str) -> None:
        self.facts.append((position, AreaNoted(area_id=area_id, area_path=AreaPath(area_id), rank=position)))

    def noted_after(self, position: int) -> Sequence[NotedAt]:
        return [noted for noted in self.facts if noted[0] > position]

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        self.doubts.append(forget)

    def fall_back(self, position: int) -> None:
        """A standby takes over that had everything up to a position only."""
        self.facts = [noted for noted in self.facts if noted[0] <= position]
        for forget in self.doubts:
            forget()


def test_the_picture_has_what_was_noted_since() -> None:
    stored = Stored()
    picture = LatestPicture(stored, stored, every=0)
    picture()

    stored.note(1, "pine")

    assert set(picture().areas) == {"pine"}


def test_the_picture_is_of_the_store_that_a_failover_left() -> None:
    stored = Stored()
    picture = LatestPicture(stored, stored, every=0)
    stored.note(1, "pine")
    stored.note(2, "lost")
    picture()

    stored.fall_back(1)
    stored.note(2, "oak")

    assert set(picture().areas) == {"pine", "oak"}
