"""First passwords lie in a file of their owner, and are there as long as a login may be."""

from pathlib import Path

import pytest

from libs.runtime.config.guards import CannotStart
from services.command.community.people import Passwords


def test_a_file_that_others_can_read_takes_no_password(tmp_path: Path) -> None:
    file = tmp_path / "first.tsv"
    file.write_text("", "utf-8")
    file.chmod(0o644)

    with pytest.raises(CannotStart, match="chmod 600"):
        Passwords(file).first("wang.fang")

    assert file.read_text("utf-8") == ""


def test_a_login_that_is_not_made_takes_its_line_out_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "first.tsv"
    passwords = Passwords(file)
    kept = passwords.first("li.lei")
    gone = passwords.first("wang.fang")

    passwords.forget("wang.fang", gone)

    assert file.read_text("utf-8") == f"li.lei\t{kept}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    passwords.forget("li.lei", kept)
    assert not file.exists()
