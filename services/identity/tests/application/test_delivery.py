"""When a channel that takes nothing is tried again."""

from datetime import UTC, datetime, timedelta

from services.identity.application.delivery import _Away
from services.identity.domain.preferences import NoticeChannel

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_a_channel_that_is_away_for_hours_is_tried_every_five_minutes() -> None:
    away = _Away()

    for _ in range(100):
        away.mark(NoticeChannel.EMAIL, NOON)

    assert away.until[NoticeChannel.EMAIL] == NOON + timedelta(minutes=5)
