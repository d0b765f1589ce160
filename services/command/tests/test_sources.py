"""An operator looks at a service's sources, goes on with one that lost events, and gives one up."""

from collections.abc import Iterator

import pytest

from libs.messaging.histories import HistoryChanged
from libs.messaging.tests.town import SOURCE, Town, lose_all_behind
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.running import MASTER_KEY, opened
from libs.testkit.postgres import TestServer
from services.command.line import run
from services.command.service import group_of

pytestmark = pytest.mark.store


@pytest.fixture
def town(postgres_server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A tally that has heard a counter, and the environment of an operator's commands on it."""
    with opened(postgres_server, [counter.SERVICE, tally.SERVICE]) as (counting, tallying):
        town = Town(counting, tallying)
        town.count(1, 2)
        town.inbox().handle(town.batch())
        monkeypatch.setenv("LINLI_DATABASE_URL", tallying.settings.database_url.reveal())
        monkeypatch.setenv("LINLI_MASTER_KEY", MASTER_KEY)
        monkeypatch.setenv("LINLI_CELL", "test")
        yield town


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> "Said":
    """Runs a command on the tally's sources."""
    return Said(capsys)


class Said:
    """Answers the exit status of a command, and all it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        status = run(("sources", *words), group_of("tally", lambda: tally.SERVICE))
        return status, "".join(self._capsys.readouterr())


def test_sources_are_listed_with_how_far_they_are_handled(town: Town, said: Said) -> None:
    status, text = said("list")

    assert status == 0
    assert f"{SOURCE}  handled up to {town.batch().until} (incarnation" in text


def test_a_source_that_stands_still_is_listed_with_both_histories_until_somebody_decides(
    town: Town, said: Said
) -> None:
    lose_all_behind(town, 1, elsewhere=True)
    with pytest.raises(HistoryChanged):
        town.inbox().handle(town.batch(1))

    status, text = said("list")
    said("reconcile", SOURCE, "1", "--go-on", "--reason", "restored from last night")

    assert status == 0
    assert f"stands still: {SOURCE} has another history than the one that tally has handled" in text
    assert "incarnation 1, chain" in text
    assert f"it has incarnation {town.counter.ledger.life.number}, which began behind 1" in text
    assert "stands still" not in said("list")[1]


def test_a_source_of_a_cell_that_was_renamed_is_forgotten_and_that_is_listed(
    town: Town, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_CELL", "renamed")

    status, text = said("forget", SOURCE, "--reason", "the cell has another name")

    assert status == 0
    assert f"tally has forgotten {SOURCE}, which was handled up to {town.batch().until}" in text
    assert f"{SOURCE}: forgotten, by command line: the cell has another name" in said("list")[1]


def test_what_was_taken_of_a_source_is_shown_and_then_it_is_read_again_from_there(
    town: Town, said: Said
) -> None:
    shown = said("reconcile", SOURCE, "1")
    nothing_said = said("reconcile", SOURCE, "1", "--go-on")
    before = town.inbox().position(SOURCE)
    gone_on = said("reconcile", SOURCE, "1", "--go-on", "--reason", "restored from last night")

    assert (shown[0], nothing_said[0], gone_on[0]) == (0, 2, 0)
    assert "because of its events after 1\n" in shown[1]
    assert before == town.batch().until
    assert town.inbox().position(SOURCE) == 1
    assert f"{SOURCE}: went on after 1, by command line: restored from last night" in said("list")[1]


def test_reconcile_alone_is_the_same_command(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(("reconcile", SOURCE, "1"), group_of("tally", lambda: tally.SERVICE))

    assert status == 0
    assert f"{SOURCE} was handled up to {town.batch().until}" in capsys.readouterr().out


def test_without_a_reason_nothing_is_done(town: Town, said: Said) -> None:
    status, text = said("forget", SOURCE)

    assert (status, "--reason" in text) == (2, True)
    assert town.inbox().position(SOURCE) == town.batch().until


def test_a_source_that_is_read_is_not_forgotten_and_a_mistyped_one_is_answered(
    town: Town, said: Said
) -> None:
    status, text = said("forget", SOURCE, "--reason", "a test")
    mistyped, there = said("forget", "linli://test/conter", "--reason", "a test")

    assert (status, mistyped) == (1, 1)
    assert "use `sources reconcile` with position 0" in text
    assert f"heard were: {SOURCE}" in there
    assert town.inbox().position(SOURCE) == town.batch().until
