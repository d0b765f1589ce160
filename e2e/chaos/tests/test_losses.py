"""The checker lets pass that exactly the end was lost which was named, and nothing else."""

from dataclasses import replace

from e2e.chaos.checker import stories
from e2e.chaos.evidence import Acknowledged, Evidence, Loss, Turned
from e2e.chaos.tests.aftermath import Aftermath
from libs.ledger.views.rebuild import rebuild
from libs.messaging.reconcile import go_on


def _lost(run: Aftermath) -> Loss:
    """The last event of the catalog, and what came of it in its views, is lost; cases has handled it."""
    catalog, cases = run.services["catalog"], run.services["cases"]
    before = Evidence.of(catalog)
    run.tampers(
        "catalog",
        "DELETE FROM stored_events WHERE notification_id = (SELECT max(notification_id) FROM stored_events)",
    )
    kept = before.events[-2].position
    loss = Loss.of(before, kept, saved=kept)
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

    findings = run.findings(Loss.of(before, before.events[-2].position, saved=0))

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


def test_a_restore_that_brings_back_less_than_was_saved_is_found(run: Aftermath) -> None:
    loss = _lost(run)

    findings = run.findings(replace(loss, saved=loss.after + 1))

    assert findings == [
        f"catalog: of {loss.after + 1} positions that were saved only {loss.after} came back",
    ]


def test_a_restore_that_brings_back_nothing_is_found(run: Aftermath) -> None:
    before = Evidence.of(run.services["catalog"])

    findings = run.findings(Loss.of(before, 0, saved=before.head))

    assert f"catalog: of {before.head} positions that were saved only 0 came back" in findings


def test_a_fault_that_loses_nothing_is_found(run: Aftermath) -> None:
    before = Evidence.of(run.services["catalog"])

    findings = run.findings(Loss.of(before, before.head, saved=0))

    assert findings == [f"catalog: nothing was lost behind {before.head}, so nothing was tried"]


def test_only_what_a_client_saw_before_the_loss_may_be_gone(run: Aftermath) -> None:
    loss = _lost(run)
    *_, last = run.told
    again = replace(last, revision=f"{last.revision}.2")  # the same place, in the history that came after

    assert loss.took(run.told) == [last]
    assert loss.took([again]) == []
    run.told[-1] = again
    assert any("decide-2" in line and "is lost" in line for line in run.findings(loss))


def _told(request_id: str, story: str) -> Acknowledged:
    return Acknowledged(service="cases", rpc="add_note", request_id=request_id, revision="r7.1", story=story)


def _turned(request_id: str, story: str) -> Turned:
    return Turned(rpc="cases.add_note", request_id=request_id, reason="HISTORY_CHANGED", story=story)


def test_who_goes_on_with_what_is_lost_and_is_refused_has_been_told() -> None:
    before, lost = _told("1", "a"), _told("2", "a")

    assert list(stories([before, lost, _told("3", "b")], [lost], [_turned("4", "a")])) == []


def test_who_goes_on_with_what_is_lost_and_is_not_refused_is_found() -> None:
    lost = _told("2", "a")

    found = list(stories([lost, _told("3", "a"), _told("4", "b")], [lost], []))

    assert found == [
        "cases: add_note 3 was done, though what its caller had seen was lost: nobody told them",
    ]


def test_who_is_refused_though_nothing_of_theirs_was_lost_is_found() -> None:
    lost = _told("2", "a")

    found = list(stories([lost], [lost], [_turned("5", "b")]))

    assert found == ["cases.add_note 5 was refused (HISTORY_CHANGED), and nothing was lost"]
