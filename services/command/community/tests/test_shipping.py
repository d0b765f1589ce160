"""An operator gets at the communities that come with Linli."""

from pathlib import Path

import pytest

from services.command.community.checking import Checked, checked
from services.command.line import run


def test_a_shipped_community_is_copied_whole_and_over_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "la"

    copied = run(["community", "shipped", "los-angeles", str(folder)])
    again = run(["community", "shipped", "los-angeles", str(folder)])

    said = capsys.readouterr()
    assert (copied, again) == (0, 1)
    assert isinstance(checked(folder), Checked)
    assert "exists: give another folder" in said.err


def test_they_are_listed_and_an_unknown_one_is_answered_with_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = run(["community", "shipped"])
    unknown = run(["community", "shipped", "atlantis"])

    said = capsys.readouterr()
    assert (listed, unknown) == (0, 1)
    assert "los-angeles" in said.out.splitlines()
    assert "there is no atlantis: there are los-angeles" in said.err
