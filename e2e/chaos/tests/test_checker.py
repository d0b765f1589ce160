"""The checker finds what is planted: a lost event, a doubled effect, a swapped order, and the rest."""

from datetime import timedelta

import pytest

from e2e.chaos.evidence import Acknowledged
from e2e.chaos.tests.aftermath import AT, Aftermath
from libs.ledger.recorded import Context, Draft, utc_now
from libs.ledger.store.ledger import Append
from services.cases.domain.case.events import DeadlineBreached
from services.cases.domain.clocks import ClockKind
from services.catalog.domain.affair import DecideAnonymity
from services.command.registry import load

PIPE = "noted-affair:burst-pipe"


def test_nothing_is_found_where_nothing_is_wrong(run: Aftermath) -> None:
    assert run.findings() == []


def test_a_lost_command_is_found(run: Aftermath) -> None:
    run.tampers("catalog", "DELETE FROM stored_events WHERE originator_id = 'affair-pothole'")

    findings = run.findings()

    [lost] = [line for line in findings if "is lost" in line]
    assert lost.startswith("catalog: DefineAffair define-pothole, acknowledged at r")
    assert any("noted-affair:pothole" in line and "no neighbour recorded" in line for line in findings)


def test_a_doubled_command_is_found(run: Aftermath) -> None:
    run.tampers("catalog", _again("affair-pothole", version=1))

    assert any(
        "DefineAffair define-pothole" in line and "took effect twice" in line for line in run.findings()
    )


def test_a_command_decided_twice_is_found(run: Aftermath) -> None:
    about = Context(actor="client:loader", request_id="decide-2").metadata(utc_now())
    ledger = run.services["catalog"].ledger
    decided = ledger.read_stream("affair-burst-pipe")[-1].event
    draft = Draft(stream="affair-burst-pipe", expected_version=4, events=[(decided, about)])
    ledger.append(Append(drafts=[draft]))

    assert any("DecideAnonymity decide-2" in line and "took effect twice" in line for line in run.findings())


def test_an_acknowledgement_of_another_place_is_found(run: Aftermath) -> None:
    told = run.told[0]
    run.told[0] = Acknowledged(
        service=told.service, rpc=told.rpc, request_id=told.request_id, revision="r1000.9"
    )

    [found] = run.findings()
    assert "acknowledged at r1000.9, lies elsewhere" in found


def test_a_lost_effect_is_found(run: Aftermath) -> None:
    run.tampers("cases", _deletion(PIPE, version=4))

    findings = run.findings()

    assert any(
        "AffairChanged" in line and f"had no effect in {PIPE}: AffairNoted was due" in line
        for line in findings
    )


def test_a_hole_in_a_stream_is_found(run: Aftermath) -> None:
    run.tampers("cases", _deletion(PIPE, version=2))

    assert f"cases: {PIPE} has version 3 where 2 belongs" in run.findings()


def test_a_doubled_effect_is_found(run: Aftermath) -> None:
    run.tampers("cases", _again(PIPE, version=4))

    assert any("AffairChanged" in line and "took effect twice" in line for line in run.findings())


def test_a_doubled_effect_with_others_between_is_found(run: Aftermath) -> None:
    run.tampers("cases", _again(PIPE, version=3))

    assert any("AffairChanged" in line and "took effect twice" in line for line in run.findings())


def test_a_swapped_order_within_a_stream_is_found(run: Aftermath) -> None:
    run.tampers("cases", _swap(PIPE, 3, 4))

    findings = run.findings()

    assert any("AffairChanged" in line and "out of order" in line for line in findings)


def test_a_ledger_out_of_order_is_found(run: Aftermath) -> None:
    last = f"(SELECT max(notification_id) FROM stored_events WHERE originator_id = '{PIPE}')"
    run.tampers("cases", f"UPDATE stored_events SET notification_id = {last} + 1 WHERE {_is(PIPE, 3)}")

    findings = run.findings()

    assert f"cases: {PIPE} has version 4 where 3 belongs" in findings
    assert any("AffairChanged" in line and "out of order" in line for line in findings)


def test_an_effect_that_nobody_called_for_is_found(run: Aftermath) -> None:
    run.tampers("catalog", _deletion("affair-burst-pipe", version=4))

    assert any("no neighbour recorded" in line for line in run.findings())


def test_a_checkpoint_beyond_the_neighbour_is_found(run: Aftermath) -> None:
    run.tampers("cases", "UPDATE notification_tracking SET notification_id = notification_id + 100")

    assert any("cases from catalog: handled up to 10" in line for line in run.findings())


def test_an_event_that_was_never_handled_is_found(run: Aftermath) -> None:
    run.does("decide-late", DecideAnonymity(affair_id="burst-pipe", allowed=False, at=AT))

    findings = run.findings()

    assert any("had no effect" in line for line in findings)
    assert any("cases from catalog: handled up to" in line for line in findings)


def test_a_row_that_a_view_should_not_have_is_found(run: Aftermath) -> None:
    view = next(view for view in load("cases").views if view.name == "reference")
    run.tampers("cases", f"DELETE FROM {view.schema}.{view.tables[0].name}")

    assert any("only in the rebuilt" in line for line in run.findings())


def test_a_view_that_lags_is_found(run: Aftermath) -> None:
    run.tampers("catalog", "UPDATE view_position SET position = position - 1 WHERE view = 'affairs'")

    assert any("the ledger at" in line for line in run.findings())


def test_a_parked_event_is_found(run: Aftermath) -> None:
    run.tampers(
        "cases",
        "INSERT INTO parked (source, sequence, subject, type, event, error, tries)"
        " VALUES ('linli://test/catalog', 7, 'affair-x', 'linli.X', '', 'NO: because', 3)",
    )

    assert (
        "cases: parked is linli.X of affair-x, number 7 of linli://test/catalog: NO: because"
        in run.findings()
    )


def test_a_moment_noticed_twice_is_found(run: Aftermath) -> None:
    breach = DeadlineBreached(clock=ClockKind.RESOLUTION, body_id="waterworks", at=AT)
    for version in (0, 1):
        about = Context(actor="clock:cases").metadata(AT)
        draft = Draft(stream="case-late", expected_version=version, events=[(breach, about)])
        run.services["cases"].ledger.append(Append(drafts=[draft]))

    assert any("a moment was noticed twice: cases.deadline_breached" in line for line in run.findings())


@pytest.mark.parametrize("early", [timedelta(days=10), timedelta(seconds=20)])
def test_a_moment_noticed_before_it_was_due_is_found(run: Aftermath, early: timedelta) -> None:
    breach = DeadlineBreached(clock=ClockKind.RESOLUTION, body_id="waterworks", at=AT)
    about = Context(actor="clock:cases", occurred_at=utc_now() + early).metadata(AT)
    draft = Draft(stream="case-early", expected_version=0, events=[(breach, about)])
    run.services["cases"].ledger.append(Append(drafts=[draft]))

    assert any("a moment was noticed early" in line and "case-early" in line for line in run.findings())


def test_a_moment_that_was_missed_is_found(run: Aftermath) -> None:
    schema = next(view.schema for view in load("cases").views if view.name == "due_moments")
    run.tampers("cases", f"INSERT INTO {schema}.cases (case_id, next_time) VALUES ('late', '2024-01-01 UTC')")

    assert any("cases: deadlines of late, due 2024-01-01" in line for line in run.findings())


def _is(stream: str, version: int) -> str:
    return f"originator_id = '{stream}' AND originator_version = {version}"


def _deletion(stream: str, version: int) -> str:
    return f"DELETE FROM stored_events WHERE {_is(stream, version)}"


def _again(stream: str, version: int) -> str:
    """A copy of an event at the end of its stream."""
    end = f"(SELECT max(originator_version) + 1 FROM stored_events WHERE originator_id = '{stream}')"
    return (
        "INSERT INTO stored_events"
        " (originator_id, originator_version, topic, state, recorded_at, leaf, chain)"
        f" SELECT originator_id, {end}, topic, state, recorded_at, leaf, chain"
        f" FROM stored_events WHERE {_is(stream, version)}"
    )


def _swap(stream: str, one: int, other: int) -> str:
    """Two events of a stream change places: all that they hold, but not their version or position."""
    return (
        "UPDATE stored_events AS here SET topic = there.topic, state = there.state"
        " FROM stored_events AS there"
        f" WHERE here.originator_id = '{stream}' AND there.originator_id = '{stream}'"
        f" AND here.originator_version IN ({one}, {other}) AND there.originator_version IN ({one}, {other})"
        " AND here.originator_version <> there.originator_version"
    )
