"""The history of a case in one call: as the single rpcs would tell it, and nothing that they would not."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from libs.ledger.recorded import utc_now
from libs.rpc.access import Grant
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from services.cases.tests.apart import tell_apart, told
from services.cases.tests.neighbours import IN_HARBOUR, IN_MOLE_STREET
from services.cases.tests.wire import claim, new_id, on, refused, report, service_of

MONDAY = moment("2021-01-04 09:00")
EVERYTHING = ("cases.import", "cases.open", "cases.work", "cases.dispatch")


def at(hours: float) -> Timestamp:
    """So long after the opening."""
    return stamp(MONDAY + timedelta(hours=hours))


def opening(hours: float = 0, **said: Any) -> pb.ImportedStep:
    matter = {"affair_id": "potholes", "channel": types.CHANNEL_PHONE_OPERATOR, "location": IN_MOLE_STREET}
    return pb.ImportedStep(occurred_time=at(hours), open_case=pb.ImportedOpening(**{**matter, **said}))


def owner(hours: float, body_id: str, **said: Any) -> pb.ImportedStep:
    by = {"reason": "so says the file", "legal_basis": "the file's owner"}
    return pb.ImportedStep(
        occurred_time=at(hours),
        reassign_case=pb.ImportedReassignment(**{**by, "body_id": body_id, **said}),
    )


def start(hours: float) -> pb.ImportedStep:
    return pb.ImportedStep(occurred_time=at(hours), start_work=pb.ImportedStart())


def pause(hours: float) -> pb.ImportedStep:
    waiting = pb.ImportedPause(reason="frost", reason_code="weather")
    return pb.ImportedStep(occurred_time=at(hours), pause_case=waiting)


def resume(hours: float) -> pb.ImportedStep:
    return pb.ImportedStep(occurred_time=at(hours), resume_case=pb.ImportedResumption(reason="thaw"))


def resolve(hours: float, outcome_code: str = "resolved") -> pb.ImportedStep:
    resolution = pb.ImportedResolution(outcome="filled", outcome_code=outcome_code)
    return pb.ImportedStep(occurred_time=at(hours), resolve_case=resolution)


def close(hours: float) -> pb.ImportedStep:
    return pb.ImportedStep(occurred_time=at(hours), close_case=pb.ImportedClosing())


def withdraw(hours: float) -> pb.ImportedStep:
    withdrawal = pb.ImportedWithdrawal(reason="it was my own shadow")
    return pb.ImportedStep(occurred_time=at(hours), withdraw_case=withdrawal)


def reject(hours: float) -> pb.ImportedStep:
    rejection = pb.ImportedRejection(reason="on the moon", reason_code="not-ours")
    return pb.ImportedStep(occurred_time=at(hours), reject_case=rejection)


def history(*steps: pb.ImportedStep, number: str = "", system: str = "old-system") -> pb.ImportCaseRequest:
    reference = types.ExternalReference(system=system, number=number or new_id())
    return pb.ImportCaseRequest(request_id=new_id(), external_reference=reference, steps=steps)


def more(of: pb.ImportCaseRequest, *steps: pb.ImportedStep) -> pb.ImportCaseRequest:
    """What followed later."""
    return history(*steps, number=of.external_reference.number, system=of.external_reference.system)


def failure(call: Any, request: Any) -> RpcFailed:
    with pytest.raises(RpcFailed) as failed:
        call(request)
    return failed.value


def kept(running: Component, case: pb.Case) -> list[str]:
    """All that the ledger says of a case."""
    return told(running.opened.ledger.read_stream(f"case-{case.case_id}"), case)


def count(running: Component) -> int:
    return running.opened.ledger.head()


# -- what is told ----------------------------------------------------------------------------------


@pytest.mark.capability("003.1")
def test_a_whole_history_is_told_in_one_call(operator: Any) -> None:
    answer = operator.import_case(
        history(opening(), owner(0, "parks"), start(2), pause(3), resume(50), resolve(60), close(60))
    )

    assert answer.case.state == types.CASE_STATE_CLOSED
    assert answer.case.body_id == "parks"
    assert answer.case.ended_time == at(60)
    assert answer.case.external_reference.system == "old-system"
    seen = pb.ListCasesRequest(
        filter=f"external_number = {answer.case.external_reference.number}", at_least=answer.revision
    )
    assert list(operator.list_cases(seen).cases) == [answer.case]


def test_what_followed_later_is_told_by_the_number_alone(operator: Any) -> None:
    first = history(opening(), start(2))
    operator.import_case(first)

    answer = operator.import_case(more(first, resolve(5), close(6)))

    assert answer.case.state == types.CASE_STATE_CLOSED


def test_an_owner_who_has_the_case_already_changes_nothing(running: Component, operator: Any) -> None:
    with_owner = operator.import_case(history(opening(), owner(0, "roads"), start(2))).case
    without = operator.import_case(history(opening(), start(2))).case

    assert kept(running, with_owner) == kept(running, without)


def test_nobody_reads_a_case_by_a_step_that_changes_nothing(operator: Any, running: Component) -> None:
    theirs = history(opening())
    operator.import_case(theirs)
    elsewhere = service_of(running, running.mint.person("OPERATOR", subject="olga", path="city/hill"))

    assert refused(elsewhere.import_case, more(theirs, owner(1, "roads"))) == "OUT_OF_REACH"


def test_a_step_whose_limit_was_not_kept_brings_its_breach_along(operator: Any) -> None:
    case = operator.import_case(history(opening(), start(200), resolve(400))).case

    assert all(deadline.breached for deadline in case.deadlines)


def test_an_imported_case_is_held_until_the_import_is_finished(operator: Any) -> None:
    answer = operator.import_case(history(opening()))

    done = operator.finish_import(
        pb.FinishImportRequest(system="old-system", as_of_time=at(1000), at_least=answer.revision)
    )

    assert done.released >= 1


KINDS = st.sampled_from(
    [
        lambda hours: owner(hours, "roads"),
        lambda hours: owner(hours, "parks"),
        lambda hours: owner(hours, "nobody"),
        start,
        pause,
        resume,
        resolve,
        lambda hours: resolve(hours, "vanished"),
        close,
        withdraw,
        reject,
    ]
)
LIVES = st.lists(st.tuples(KINDS, st.integers(-1, 40)), max_size=7)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIVES, split=st.integers(0, 7), place=st.sampled_from([IN_MOLE_STREET, IN_HARBOUR]))
def test_whatever_is_told_it_is_recorded_as_the_single_rpcs_record_it(
    running: Component, operator: Any, life: list[Any], split: int, place: Any
) -> None:
    hours, steps = 0, [opening(location=place)]
    for make, later in life:
        hours = max(0, hours + later)
        steps.append(make(hours))
    why, step, before = "", "", count(running)
    try:
        single = tell_apart(operator, history(*steps)).case
    except RpcFailed as failed:
        why = failed.reason
    if why:
        no = failure(operator.import_case, history(*steps))
        assert (no.reason, count(running) > before) == (why, True)
        step = no.metadata["step"]
        steps = steps[: int(step)]
        single = tell_apart(operator, history(*steps)).case

    at_once = operator.import_case(history(*steps)).case
    first = history(*steps[: split + 1])
    in_two = operator.import_case(first).case
    if rest := steps[split + 1 :]:
        in_two = operator.import_case(more(first, *rest)).case

    assert kept(running, at_once) == kept(running, single)
    assert kept(running, in_two) == kept(running, single)


# -- all or nothing, and once ----------------------------------------------------------------------


def test_a_step_that_is_refused_keeps_the_whole_history_out(running: Component, operator: Any) -> None:
    before = count(running)
    bad = history(opening(), start(2), resolve(1), close(3))

    no = failure(operator.import_case, bad)

    assert (no.reason, no.metadata["step"]) == ("OUT_OF_ORDER", "2")
    assert count(running) == before
    number = f"external_number = {bad.external_reference.number}"
    assert list(operator.list_cases(pb.ListCasesRequest(filter=number)).cases) == []


def test_a_repeated_history_is_answered_as_the_first_time(running: Component, operator: Any) -> None:
    request = history(opening(), start(2))
    first = operator.import_case(request)
    operator.import_case(more(request, resolve(3)))
    before = count(running)

    assert operator.import_case(request) == first
    assert count(running) == before
    request.steps[1].occurred_time.CopyFrom(at(1))
    assert refused(operator.import_case, request) == "REQUEST_ID_REUSED"


def test_a_case_is_opened_once(operator: Any) -> None:
    first = history(opening())
    operator.import_case(first)

    no = failure(operator.import_case, more(first, opening(), start(2)))

    assert (no.reason, no.metadata["step"]) == ("CASE_EXISTS", "0")


def test_what_is_wrong_with_the_opening_names_it_as_the_first_step(
    running: Component, operator: Any, person: Any
) -> None:
    nowhere = types_pb2.Point(latitude=-80, longitude=0)
    for bad, reason in (
        ({"affair_id": "no-such-affair"}, "AFFAIR_UNKNOWN"),
        ({"location": None, "area_id": "no-such-area"}, "AREA_UNKNOWN"),
        ({"location": nowhere}, "PLACE_OUTSIDE_AREAS"),
        ({"reporter_id": "nobody"}, "REPORTER_UNKNOWN"),
    ):
        no = failure(operator.import_case, history(opening(**bad), start(2)))
        assert (no.reason, no.metadata.get("step")) == (reason, "0")

    local = person("OPERATOR", subject="hill-teller", path="city/hill")
    claim(local, "hill-told")
    no = failure(local.import_case, history(opening(), start(2), system="hill-told"))
    assert (no.reason, no.metadata.get("step")) == ("OUT_OF_REACH", "0")


def test_what_followed_needs_an_opening(operator: Any) -> None:
    no = failure(operator.import_case, history(start(2)))

    assert (no.reason, no.metadata["step"]) == ("CASE_NOT_FOUND", "0")


def test_a_field_at_fault_is_named_by_its_path(operator: Any) -> None:
    fields = [
        (history(opening(), owner(1, "parks", legal_basis="")), "steps[1].reassign_case.item_id"),
        (history(opening(), opening(1)), "steps[1].open_case"),
        (history(opening(), pb.ImportedStep(occurred_time=at(1))), "steps[1].kind"),
        (history(opening(), resolve(1, outcome_code="")), "steps[1].resolve_case.outcome_code"),
        (history(opening(), pb.ImportedStep(start_work=pb.ImportedStart())), "steps[1].occurred_time"),
        (history(), "steps"),
        (history(opening(), *[start(1)] * 50), "steps"),
        (pb.ImportCaseRequest(request_id=new_id(), steps=[opening()]), "external_reference"),
    ]
    for request, path in fields:
        assert list(failure(operator.import_case, request).violations) == [path]


# -- who may ---------------------------------------------------------------------------------------


def test_nobody_tells_what_has_not_happened_yet(operator: Any) -> None:
    tomorrow = pb.ImportedStep(
        occurred_time=stamp(utc_now() + timedelta(days=1)), start_work=pb.ImportedStart()
    )

    no = failure(operator.import_case, history(opening(), tomorrow))

    assert (no.reason, list(no.violations)) == ("OCCURRED_TIME_IN_FUTURE", ["steps[1].occurred_time"])


def test_no_case_came_in_by_a_sensor(operator: Any) -> None:
    by_sensor = history(opening(channel=types.CHANNEL_SENSOR))

    assert refused(operator.import_case, by_sensor) == "CHANNEL_NOT_YOURS"


def test_another_owners_numbers_are_not_touched(operator: Any, person: Any) -> None:
    theirs = history(opening(), start(2))
    operator.import_case(theirs)
    other = person("OPERATOR", subject="otto")

    assert refused(other.import_case, history(opening())) == "EXTERNAL_SYSTEM_NOT_YOURS"
    assert refused(other.import_case, more(theirs, resolve(3))) == "EXTERNAL_SYSTEM_NOT_YOURS"
    nobodys = history(opening(), system="nobodys-system")
    assert refused(other.import_case, nobodys) == "EXTERNAL_SYSTEM_NOT_REGISTERED"


def test_an_importer_of_one_area_imports_nothing_of_another(
    running: Component, operator: Any, person: Any
) -> None:
    local = person("OPERATOR", subject="hill-importer", path="city/hill")
    claim(local, "hill-system")
    before = count(running)

    no = failure(local.import_case, history(opening(), start(2), system="hill-system"))

    assert no.reason == "OUT_OF_REACH"
    assert count(running) == before


@pytest.mark.parametrize(
    ("without", "steps"),
    [
        ("cases.open", [opening()]),
        ("cases.work", [opening(), start(2)]),
        ("cases.dispatch", [opening(), owner(1, "parks")]),
        ("cases.dispatch", [opening(), reject(1)]),
    ],
)
def test_each_step_needs_the_scope_of_its_rpc(
    running: Component, without: str, steps: list[pb.ImportedStep]
) -> None:
    subject = f"partner-{new_id()}"
    held = [scope for scope in EVERYTHING if scope != without]
    whole = service_of(running, running.mint.client(*EVERYTHING, subject=subject))
    claim(whole, f"system-of-{subject}")
    partner = service_of(running, running.mint.client(*held, subject=subject))

    no = failure(partner.import_case, history(*steps, system=f"system-of-{subject}"))

    assert no.reason == "SCOPE_MISSING"
    assert without in no.metadata["scopes"]
    whole.import_case(history(*steps, system=f"system-of-{subject}"))


def test_an_importer_for_one_body_starts_no_work_for_another(running: Component) -> None:
    grants = [Grant("PARTNER", path="city", body="")]
    partner = service_of(running, running.mint.client(*EVERYTHING, subject="for-parks", grants=grants))
    claim(partner, "parks-system")

    no = failure(partner.import_case, history(opening(), start(2), system="parks-system"))

    assert (no.reason, no.metadata["step"]) == ("OUT_OF_REACH", "1")


def test_a_live_case_of_ones_own_keeps_its_rules(running: Component) -> None:
    partner = service_of(running, running.mint.client(*EVERYTHING, subject="live-partner"))
    claim(partner, "live-system")
    reference = types.ExternalReference(system="live-system", number="L-1")
    opened = report(channel=types.CHANNEL_PARTNER_API, external_reference=reference)
    case = partner.open_case(opened).case

    backdated = history(start(2), number="L-1", system="live-system")
    assert refused(partner.import_case, backdated) == "OUT_OF_ORDER"

    partner.start_work(pb.StartWorkRequest(**on(case)))
    resolved = pb.ImportedStep(occurred_time=stamp(utc_now()), resolve_case=resolve(0).resolve_case)
    closed = pb.ImportedStep(occurred_time=stamp(utc_now()), close_case=pb.ImportedClosing())
    no = failure(partner.import_case, history(resolved, closed, number="L-1", system="live-system"))
    assert (no.reason, no.metadata["step"]) == ("CONFIRMATION_PENDING", "1")
