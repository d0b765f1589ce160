"""Of several processes one has the turn, and nobody keeps it who has vanished or is stuck."""

import threading

import psycopg
import pytest

from libs.ledger.store import turns
from libs.testkit.eventually import eventually


def test_one_has_the_turn_until_its_connection_ends(database: str) -> None:
    with turns.connect(database, "first") as first, turns.connect(database, "second") as second:
        assert turns.try_lock(first, "relay")
        assert not turns.try_lock(second, "relay")
        assert turns.try_lock(second, "clocks")

        first.close()

        assert turns.stand_by(second, "relay", threading.Event(), every=0.01)


def test_whoever_is_silent_for_longer_than_its_lease_loses_the_turn(database: str) -> None:
    with turns.connect(database, "other") as other:
        stuck = turns.connect(database, "stuck", lease=0.2)
        assert turns.try_lock(stuck, "relay")

        eventually(lambda: turns.try_lock(other, "relay"), "another has the turn")

        with pytest.raises(psycopg.OperationalError):
            stuck.execute("SELECT 1")


def test_without_a_lease_silence_costs_nothing(database: str) -> None:
    with turns.connect(database, "quiet") as quiet:
        assert turns.try_lock(quiet, "projector")

        (found,) = quiet.execute("SHOW idle_session_timeout").fetchall()

        assert found == {"idle_session_timeout": "0"}


def test_nobody_stands_by_who_was_told_to_stop(database: str) -> None:
    told = threading.Event()
    told.set()
    with turns.connect(database, "first") as first:
        assert not turns.stand_by(first, "relay", told, every=0.01)
