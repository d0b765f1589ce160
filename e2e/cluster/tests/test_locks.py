"""One node has the turn on a machine, until the last process that inherited its lock has ended."""

import os
import subprocess
from pathlib import Path

import pytest

from e2e.cluster.locks import Taken, alone, end_turn, take_turn, unused, using


def test_whoever_comes_second_is_told_who_has_the_turn(tmp_path: Path) -> None:
    turn = take_turn(tmp_path / "turn", "the checkout /one")

    with pytest.raises(Taken, match="the checkout /one"):
        take_turn(tmp_path / "turn", "the checkout /two", seconds=0)

    os.close(turn)


@pytest.mark.process
def test_the_turn_is_over_when_whoever_inherited_it_has_ended(tmp_path: Path) -> None:
    turn = take_turn(tmp_path / "turn", "a checkout with a long name")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[turn]) as node:
        os.close(turn)
        with pytest.raises(Taken):
            take_turn(tmp_path / "turn", "another", seconds=0)
        assert node.stdin is not None
        node.stdin.close()

    os.close(take_turn(tmp_path / "turn", "another", seconds=0))
    assert (tmp_path / "turn").read_text() == "another"


def test_nobody_ends_the_turn_of_another(tmp_path: Path) -> None:
    turn = take_turn(tmp_path / "turn", "one")

    end_turn(tmp_path / "turn")
    assert (tmp_path / "turn").exists()

    os.close(turn)
    end_turn(tmp_path / "turn")
    assert not (tmp_path / "turn").exists()


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_no_turn(tmp_path: Path) -> None:
    turn = take_turn(tmp_path / "turn", "one")
    (tmp_path / "turn").unlink()

    os.close(take_turn(tmp_path / "turn", "two", seconds=0))

    os.close(turn)


def test_a_folder_is_unused_when_its_last_user_has_gone(tmp_path: Path) -> None:
    with using(tmp_path):
        with using(tmp_path):
            assert not unused(tmp_path)
        assert not unused(tmp_path)

    assert unused(tmp_path)


def test_nobody_uses_a_folder_while_somebody_is_alone_in_it(tmp_path: Path) -> None:
    with alone(tmp_path):
        assert not unused(tmp_path)

    with alone(tmp_path):
        pass
