"""By a consent a call has the rights of the resident, and none of the helper's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1.identity_types_pb2 import ConsentPurpose
from linli.supervision.v1 import supervision_service_pb2 as supervision

from libs.ledger.consented import Consented, consent_not_valid
from libs.ledger.decider import Refusal
from libs.query.reach import Limit
from libs.rpc.access import CLIENT, NOBODY, PERSON, Caller, Grant, caller_of
from libs.rpc.acting import Acting, narrower
from libs.rpc.call import Call
from libs.rpc.errors import Rejected
from libs.rpc.interceptors import gate
from libs.rpc.methods import CONSENT, Method, method_of
from libs.rules.areas import AreaPath
from libs.testkit.contracts import every_service
from libs.testkit.rpc import every_rpc, roles

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GIVEN = Consented(
    consent_id="c-1",
    resident_id="mei",
    helper_id="hua",
    purposes=("REPORT_CASES", "FOLLOW_CASES", "RATE_CASES"),
    within=AreaPath(""),
    home=AreaPath("la/north"),
    until=NOW + timedelta(days=1),
)


class Known:
    """Knows one consent."""

    def __init__(self, consent: Consented | None) -> None:
        self.consent = consent

    def given(self, consent_id: str) -> Consented | None:
        if consent_id == "revoked":
            raise consent_not_valid()
        return self.consent


def rpc(module: Any, name: str) -> Method:
    (service,) = module.DESCRIPTOR.services_by_name.values()
    return method_of(service.methods_by_name[name])


def acting(method: Method, consent: Consented | None = GIVEN) -> Acting:
    return Acting(method, Known(consent), gate(method))


def hua(*names: str) -> Caller:
    return caller_of("hua", PERSON, [Grant(name, path="la") for name in names])


def refused(method: Method, actor: Caller, consent: Consented | None = GIVEN, consent_id: str = "c-1") -> str:
    with pytest.raises((Refusal, Rejected)) as told:
        acting(method, consent).principal(actor, consent_id, NOW)
    found: Any = told.value
    return str(found.code if isinstance(found, Refusal) else found.failure.reason)


OPENING, RATING = rpc(cases, "OpenCase"), rpc(supervision, "RateCase")


@pytest.mark.capability("004.3")
@pytest.mark.parametrize("role", sorted(roles()))
def test_the_caller_is_the_resident_whatever_the_helper_may(role: str) -> None:
    principal, caller = acting(OPENING).principal(hua(role), "c-1", NOW)

    assert (caller.subject, caller.kind, caller.roles) == ("mei", PERSON, ("RESIDENT",))
    assert caller.scopes == {"cases.open"}
    assert (principal.resident_id, principal.consent_id) == ("mei", "c-1")
    assert not caller.may_grant("RESIDENT", area_path="la/north")


def test_a_resident_reaches_where_they_live_and_the_consent_holds() -> None:
    for within, limits in (
        ("", (Limit(path="la/north"),)),
        ("la", (Limit(path="la/north"),)),
        ("la/north/elm", (Limit(path="la/north/elm"),)),
        ("la/south", ()),
    ):
        consent = replace(GIVEN, within=AreaPath(within))
        _, caller = acting(RATING, consent).principal(hua(), "c-1", NOW)
        assert caller.by_scope == {"supervision.rate": limits}, within
    assert narrower(AreaPath(""), AreaPath("la")) is None


def test_a_consent_is_good_for_its_helper_purpose_and_time() -> None:
    assert refused(RATING, hua(), replace(GIVEN, purposes=("REPORT_CASES",))) == "CONSENT_NOT_VALID"
    assert refused(OPENING, hua(), replace(GIVEN, helper_id="wang")) == "CONSENT_NOT_VALID"
    assert refused(OPENING, hua(), replace(GIVEN, until=NOW)) == "CONSENT_NOT_VALID"
    assert refused(OPENING, hua(), consent_id="revoked") == "CONSENT_NOT_VALID"
    assert refused(OPENING, hua(), None) == "CONSENT_UNKNOWN"
    assert refused(rpc(cases, "GetCase"), hua("OPERATOR")) == "NOT_ON_BEHALF"


def test_who_may_have_lost_their_token_acts_for_nobody() -> None:
    assert refused(OPENING, hua("RESIDENT").without_privileges()) == "KEYS_STALE"


def test_a_program_needs_the_scope_itself_and_nobody_in_particular_acts_for_somebody() -> None:
    program = caller_of("hua", CLIENT, [Grant("PARTNER")], scopes=["cases.open"])
    other = caller_of("hua", CLIENT, [Grant("PARTNER")], scopes=["catalog.read"])

    assert acting(OPENING).principal(program, "c-1", NOW)
    assert refused(OPENING, other) == "SCOPE_MISSING"
    with pytest.raises(Rejected):
        acting(OPENING).admit(NOBODY, {CONSENT: "c-1"})


def test_an_rpc_that_nobody_could_check_is_not_served() -> None:
    with pytest.raises(TypeError, match="nobody knows consents"):
        Acting(OPENING, None, gate(OPENING))


@pytest.mark.capability("004.3")
def test_the_ledger_is_told_who_acted_for_whom_by_which_consent() -> None:
    principal, caller = acting(OPENING).principal(hua("GRID_WORKER"), "c-1", NOW)
    call = Call(caller=caller, actor=hua("GRID_WORKER"), principal=principal, request=cases.OpenCaseRequest())
    alone = Call(caller=hua(), request=cases.OpenCaseRequest())

    context = call.context(on_behalf_of="somebody-else")

    assert (context.actor, context.on_behalf_of, context.consent_id) == ("hua", "mei", "c-1")
    assert call.me == "mei"
    assert call.request_digest != alone.request_digest  # the same request in one's own name is another one


def test_an_answer_that_nobody_held_against_the_area_of_the_consent_is_not_given() -> None:
    consent = replace(GIVEN, within=AreaPath("la/north"))
    principal, caller = acting(OPENING, consent).principal(hua(), "c-1", NOW)
    call = Call(caller=caller, actor=hua(), principal=principal)

    with pytest.raises(Refusal, match="do not cover this area"):
        call.assure_placed()
    with pytest.raises(Refusal, match="do not cover this area"):
        call.require_within("la/south")
    call.require_within("la/north/elm")
    call.assure_placed()


# What the protos declare

ON_BEHALF = [method for method in every_rpc(*every_service()) if method.on_behalf]


def test_every_purpose_opens_something_and_every_rpc_names_a_purpose() -> None:
    purposes = {name.removeprefix("CONSENT_PURPOSE_") for name, number in ConsentPurpose.items() if number}

    assert {method.on_behalf for method in ON_BEHALF} == purposes


@pytest.mark.parametrize("method", ON_BEHALF, ids=lambda method: method.name)
def test_what_is_done_on_behalf_a_resident_may_do(method: Method) -> None:
    assert method.access is not None
    assert roles()["RESIDENT"].intersection(method.access.scopes)
