"""The checker finds what is planted: a lost event, a doubled effect, a swapped order, and the rest."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest

from e2e.chaos.checker import check, view_positions
from e2e.chaos.evidence import Acknowledged, Evidence, Loss, collect
from libs.ledger.recorded import Context, Draft, utc_now
from libs.ledger.store.ledger import Append
from libs.ledger.text import Text
from libs.ledger.views.rebuild import rebuild
from libs.messaging.progress import Handled
from libs.messaging.reconcile import go_on
from libs.messaging.schema import migrate
from libs.rpc.keys import SigningKey
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.opened import OpenService, open_service
from libs.runtime.host.parts import Service
from libs.testkit.component import MASTER_KEY
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from services.cases.domain.case.events import DeadlineBreached
from services.cases.domain.clocks import ClockKind
from services.catalog.domain.affair import AffairCommand, DecideAnonymity, DefineAffair
from services.command.registry import load

AT = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
PIPE = "noted-affair:burst-pipe"


@dataclass(slots=True)
class Aftermath:
    """Three services after a quiet run: the catalog's affairs have been noted by cases."""

    services: dict[str, OpenService]
    told: list[Acknowledged] = field(default_factory=list)

    def findings(self, *losses: Loss) -> list[str]:
        return check(collect(self.services.values()), self.told, losses)

    def does(self, request_id: str, command: AffairCommand) -> None:
        context = Context(actor="client:loader", request_id=request_id, request_digest=request_id)
        stream = self.services["catalog"].streams["affair"]
        handled = stream.handle(command.affair_id, command, context)
        rpc = type(command).__name__
        self.told.append(
            Acknowledged(service="catalog", rpc=rpc, request_id=request_id, revision=handled.revision)
        )

    def settles(self) -> None:
        cases, catalog = self.services["cases"], self.services["catalog"]
        inbox = cases.inbox()
        assert isinstance(inbox.handle(catalog.source.batch(0)), Handled)
        for opened in self.services.values():
            opened.projector.start()
            eventually(partial(_is_at_head, opened))
            opened.projector.close()

    def tampers(self, service: str, statement: str) -> None:
        with psycopg.connect(self.services[service].ledger.settings.dsn) as connection:
            changed = connection.execute(statement)
            assert changed.rowcount > 0


@pytest.fixture
def run(postgres_server: TestServer) -> Iterator[Aftermath]:
    with ExitStack() as stack:
        names = ("identity", "catalog", "cases")
        run = Aftermath({name: _opened(stack, postgres_server, name) for name in names})
        for affair_id in ("burst-pipe", "pothole"):
            name = Text(zh="事项", en=affair_id)
            run.does(f"define-{affair_id}", DefineAffair(affair_id=affair_id, name=name, at=AT))
        for number, allowed in enumerate((True, False, True)):
            run.does(f"decide-{number}", DecideAnonymity(affair_id="burst-pipe", allowed=allowed, at=AT))
        run.settles()
        yield run


def _opened(stack: ExitStack, server: TestServer, name: str) -> OpenService:
    service = load(name)
    dsn = server.copy_of(f"checker-{name}", partial(_migrate, service))
    stack.callback(server.drop, dsn)
    settings = Settings(database_url=Secret(dsn), master_key=Secret(MASTER_KEY), cell="test")
    environ = {"LINLI_IDENTITY_SIGNING_KEY": SigningKey.generate().pem().decode()}
    opened = open_service(service, settings, environ, listen=False)
    stack.callback(opened.close)
    return opened


def _migrate(service: Service, dsn: str) -> None:
    migrate(dsn, service.name, service.views, events=service.events)


def _is_at_head(opened: OpenService) -> bool:
    return set(view_positions(opened).values()) == {opened.ledger.head()}


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


def test_a_moment_noticed_before_it_was_due_is_found(run: Aftermath) -> None:
    breach = DeadlineBreached(clock=ClockKind.RESOLUTION, body_id="waterworks", at=AT)
    about = Context(actor="clock:cases", occurred_at=utc_now() + timedelta(days=10)).metadata(AT)
    draft = Draft(stream="case-early", expected_version=0, events=[(breach, about)])
    run.services["cases"].ledger.append(Append(drafts=[draft]))

    assert any("a moment was noticed early" in line and "case-early" in line for line in run.findings())


def test_a_moment_that_was_missed_is_found(run: Aftermath) -> None:
    schema = next(view.schema for view in load("cases").views if view.name == "due_moments")
    run.tampers("cases", f"INSERT INTO {schema}.cases (case_id, next_time) VALUES ('late', '2024-01-01 UTC')")

    assert any("cases: deadlines of late, due 2024-01-01" in line for line in run.findings())


def _lost(run: Aftermath) -> Loss:
    """The last event of the catalog, and what came of it in its views, is lost; cases has handled it."""
    catalog, cases = run.services["catalog"], run.services["cases"]
    before = Evidence.of(catalog)
    run.tampers(
        "catalog",
        "DELETE FROM stored_events WHERE notification_id = (SELECT max(notification_id) FROM stored_events)",
    )
    loss = Loss.of(before, before.events[-2].position)
    go_on(cases.ledger, catalog.source.name, loss.after, by="test", reason="restored")
    run.tampers("catalog", f"UPDATE view_position SET position = {loss.after}")
    for view in catalog.service.views:
        rebuild(catalog.ledger, view)
    return loss


def test_the_end_of_a_ledger_that_was_lost_by_nature_is_no_finding(run: Aftermath) -> None:
    loss = _lost(run)

    assert [event.name for event in loss.events] == ["catalog.anonymity_decided.v1"]
    assert loss.requests == {"decide-2"}
    assert run.findings(loss) == []
    assert any("decide-2" in line and "is lost" in line for line in run.findings())


def test_what_should_have_been_lost_and_is_there_is_found(run: Aftermath) -> None:
    before = Evidence.of(run.services["catalog"])

    findings = run.findings(Loss.of(before, before.events[-2].position))

    assert any("catalog.anonymity_decided.v1" in line and "and yet is there" in line for line in findings)


def test_more_than_the_end_that_was_named_is_found_to_be_lost(run: Aftermath) -> None:
    loss = _lost(run)
    run.tampers("catalog", f"DELETE FROM stored_events WHERE notification_id = {loss.after}")

    findings = run.findings(loss)

    assert f"catalog: more was lost, or changed, than what lay behind {loss.after}" in findings
    assert any("decide-1" in line and "is lost" in line for line in findings)


def test_what_was_altered_before_the_end_that_was_lost_is_found(run: Aftermath) -> None:
    loss = _lost(run)
    run.tampers("catalog", f"UPDATE stored_events SET chain = 'x' WHERE notification_id = {loss.after}")

    assert any("more was lost, or changed" in line for line in run.findings(loss))


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
