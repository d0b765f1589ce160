"""Of several processes one leads, and nobody who has vanished or is stuck keeps the lock."""

import threading

import psycopg
import pytest

from libs.ledger.store import leader_lock
from libs.testkit.eventually import eventually


def test_one_has_the_turn_until_its_connection_ends(database: str) -> None:
    with leader_lock.connect(database, "first") as first, leader_lock.connect(database, "second") as second:
        assert leader_lock.try_lock(first, "relay")
        assert not leader_lock.try_lock(second, "relay")
        assert leader_lock.try_lock(second, "clocks")

        first.close()

        assert leader_lock.stand_by(second, "relay", threading.Event(), every=0.01)


def test_whoever_is_silent_for_longer_than_its_lease_loses_the_turn(database: str) -> None:
    with leader_lock.connect(database, "other") as other:
        stuck = leader_lock.connect(database, "stuck", lease=0.2)
        assert leader_lock.try_lock(stuck, "relay")

        eventually(lambda: leader_lock.try_lock(other, "relay"), "another one leads")

        with pytest.raises(psycopg.OperationalError):
            stuck.execute("SELECT 1")


def test_without_a_lease_silence_costs_nothing(database: str) -> None:
    with leader_lock.connect(database, "quiet") as quiet:
        assert leader_lock.try_lock(quiet, "projector")

        (found,) = quiet.execute("SHOW idle_session_timeout").fetchall()

        assert found == {"idle_session_timeout": "0"}


def test_nobody_stands_by_who_was_told_to_stop(database: str) -> None:
    told = threading.Event()
    told.set()
    with leader_lock.connect(database, "first") as first:
        assert not leader_lock.stand_by(first, "relay", told, every=0.01)
