"""What an answer shows of people is stored before it is sent; what it does not show is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as identity
from linli.privacy.v1 import privacy_types_pb2

from libs.ledger.decider import Refusal
from libs.ledger.disclosed import DISCLOSURE, DisclosePersonalData, Disclosures, PersonalDataDisclosed
from libs.ledger.errors import LedgerUnavailable
from libs.ledger.recorded import Context
from libs.rpc.access import CLIENT, PERSON, Caller, Grant, caller_of
from libs.rpc.call import Call
from libs.rpc.disclosing import WINDOW, Disclosing, Notebook
from libs.rpc.methods import Method, method_of
from libs.testkit.deciders import deciding

READ = PersonalDataDisclosed(
    subject_ids=("mei",),
    classes=("CONTACT",),
    purpose="CASE_WORK",
    reference="case-7",
    rpc="/linli.cases.v1.CasesService/GetCase",
    body_ids=(),
)
ROB = Context(actor="rob")


def method(module: Any, name: str) -> Method:
    (service,) = module.DESCRIPTOR.services_by_name.values()
    return method_of(service.methods_by_name[name])


class Written:
    """Keeps in memory what it is to store."""

    def __init__(self) -> None:
        self.notes: list[tuple[set[str], PersonalDataDisclosed, Context]] = []

    def note(self, disclosed: PersonalDataDisclosed, context: Context) -> None:
        self.notes.append((set(disclosed.subject_ids), disclosed, context))


class Store:
    """A stream, of which only what was appended is known; without a store it fails."""

    def __init__(self) -> None:
        self.away = False
        self.forget: Callable[[], None] = lambda: None
        self.kept: list[tuple[tuple[str, ...], str]] = []

    @property
    def ledger(self) -> "Store":
        return self

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        self.forget = forget

    def handle(self, _id: str, command: DisclosePersonalData, context: Context, *, expect_new: bool) -> None:
        assert expect_new
        if self.away:
            raise LedgerUnavailable("away")
        self.kept.append((command.disclosed.subject_ids, context.actor))


def officer() -> Caller:
    grants = [Grant("CASE_OFFICER", body="roads"), Grant("VOLUNTEER"), Grant("PLANNER", body="parks")]
    return caller_of("rob", PERSON, grants)


def disclose(
    answer: Any, request: Any, *shown: str, rpc: Method | None = None, caller: Caller | None = None
) -> list[tuple[set[str], PersonalDataDisclosed, Context]]:
    """What is stored before an answer."""
    written, call = Written(), Call(caller=caller or officer())
    call.showing(*shown)
    Disclosing(rpc or method(cases, "GetCase"), written).before(answer, request, call)
    return written.notes


REQUEST = cases.GetCaseRequest(case_id="case-7")


@pytest.mark.capability("002.5")
def test_an_answer_is_recorded_with_the_classes_that_it_shows_and_the_roles_by_which() -> None:
    answer = cases.GetCaseResponse(outcome="filled", report=cases.Report(contact="13800138000"))

    ((subjects, disclosed, context),) = disclose(answer, REQUEST, "mei")

    assert subjects == {"mei"}
    assert (disclosed.classes, disclosed.purpose) == (("CONTACT", "CORRESPONDENCE"), "CASE_WORK")
    assert (disclosed.reference, disclosed.body_ids) == ("case-7", ("roads",))
    assert (context.actor, context.roles) == ("rob", ("CASE_OFFICER",))
    assert "13800138000" not in str((disclosed, context))


def test_an_answer_that_shows_nothing_of_anybody_is_not_recorded() -> None:
    answer = cases.GetCaseResponse(case=cases.Case(case_id="case-7"), personal_data_masked=True)

    assert disclose(answer, REQUEST, "mei") == []
    assert disclose(cases.GetCaseResponse(notes=[cases.Note(note_id="n")]), REQUEST, "mei") == []


@pytest.mark.capability("002.5")
def test_an_answer_that_tells_by_what_it_lacks_is_recorded_with_what_was_asked() -> None:
    written, call = Written(), Call(caller=officer())
    call.showing("mei")
    call.telling(privacy_types_pb2.PERSONAL_CLASS_CONTACT, privacy_types_pb2.PERSONAL_CLASS_BIRTH)

    Disclosing(method(cases, "GetCase"), written).before(cases.GetCaseResponse(), REQUEST, call)

    [(_, disclosed, _)] = written.notes
    assert disclosed.classes == ("CONTACT",), "and nothing that the rpc cannot tell"


def test_what_is_shown_deep_inside_a_list_is_found() -> None:
    entries = [cases.HistoryEntry(event="x"), cases.HistoryEntry(reason="as he said")]
    history = cases.GetCaseHistoryResponse(entries=entries)
    asked = cases.GetCaseHistoryRequest(case_id="case-7")

    ((_, disclosed, _),) = disclose(history, asked, "mei", rpc=method(cases, "GetCaseHistory"))

    assert disclosed.classes == ("REASON",)


def test_nobody_is_recorded_for_what_is_their_own() -> None:
    answer = cases.GetCaseResponse(outcome="filled")

    assert disclose(answer, REQUEST, "rob") == []
    ((subjects, _, _),) = disclose(answer, REQUEST, "rob", "mei")
    assert subjects == {"mei"}


@pytest.mark.capability("002.5")
def test_an_answer_is_refused_if_nobody_said_whose_data_it_shows() -> None:
    with pytest.raises(Refusal, match="DISCLOSURE_UNATTRIBUTED"):
        disclose(cases.GetCaseResponse(outcome="filled"), REQUEST)


def test_an_answer_about_things_alone_is_not_recorded_once_that_is_said() -> None:
    written, call = Written(), Call(caller=officer())
    call.showing_nobody()

    Disclosing(method(cases, "GetCase"), written).before(
        cases.GetCaseResponse(outcome="filled"), REQUEST, call
    )

    assert written.notes == []


def test_a_purpose_comes_from_the_request_where_the_rpc_asks_for_one() -> None:
    answer = identity.GetResidentResponse(resident=identity.Resident(name="Mei"))
    asked = identity.GetResidentRequest(purpose=identity.PURPOSE_RESIDENT_REQUEST, reference="call-3")

    ((_, disclosed, _),) = disclose(answer, asked, "mei", rpc=method(identity, "GetResident"))

    assert (disclosed.purpose, disclosed.reference) == ("RESIDENT_REQUEST", "call-3")


def test_a_client_is_recorded_by_its_grants() -> None:
    client = caller_of("lamps", CLIENT, [Grant("PARTNER", body="roads")], scopes=["cases.read", "cases.work"])

    ((_, disclosed, context),) = disclose(
        cases.GetCaseResponse(outcome="filled"), REQUEST, "mei", caller=client
    )

    assert (context.actor, context.roles, disclosed.body_ids) == ("lamps", ("PARTNER",), ("roads",))


def test_a_server_does_not_start_with_an_rpc_that_shows_what_it_does_not_declare() -> None:
    honest = method(cases, "GetCase")
    silent = Method(
        path=honest.path,
        service=honest.service,
        name=honest.name,
        request=honest.request,
        response=honest.response,
        streams=False,
        access=honest.access,
        discloses=method(cases, "GetPublicCase").discloses,
    )

    with pytest.raises(TypeError, match="ADDRESS, CONTACT, CORRESPONDENCE, REASON, REPORT; declare so"):
        Disclosing(silent, Written())
    with pytest.raises(TypeError, match="nobody stores who read them"):
        Disclosing(honest, None)
    assert not Disclosing(method(identity, "ListNotices"), None).needed
    with pytest.raises(TypeError, match="nobody stores who read them"):
        Disclosing(method(cases, "GetMyCase"), None)  # a helper may read it in the reporter's name


# -- again, and again


def read(*subject_ids: str) -> PersonalDataDisclosed:
    return replace(READ, subject_ids=subject_ids)


def notebook(store: Store, now: Callable[[], float] = lambda: 0.0) -> Notebook:
    return Notebook(cast("Any", store), now)


def test_the_same_reading_is_stored_again_only_after_a_while() -> None:
    store, now = Store(), [100.0]
    notes = notebook(store, lambda: now[0])

    notes.note(read("mei"), ROB)
    now[0] += WINDOW - 1
    notes.note(read("mei"), ROB)
    assert len(store.kept) == 1
    now[0] += 2
    notes.note(read("mei"), ROB)

    assert store.kept == [(("mei",), "rob")] * 2


def test_of_a_list_only_those_are_stored_who_were_not_read_just_now() -> None:
    store = Store()
    notes = notebook(store)

    notes.note(read("mei", "bo"), ROB)
    notes.note(read("mei", "bo", "lin"), ROB)
    notes.note(read("mei"), Context(actor="dora"))

    assert store.kept == [(("bo", "mei"), "rob"), (("lin",), "rob"), (("mei",), "dora")]


@pytest.mark.capability("002.5")
def test_a_reading_that_could_not_be_stored_does_not_count_as_stored() -> None:
    store = Store()
    notes = notebook(store)
    store.away = True
    with pytest.raises(LedgerUnavailable):
        notes.note(read("mei"), ROB)

    store.away = False
    notes.note(read("mei"), ROB)

    assert store.kept == [(("mei",), "rob")]


def test_after_the_store_was_away_everything_is_stored_anew() -> None:
    store = Store()
    notes = notebook(store)
    notes.note(read("mei"), ROB)

    store.forget()  # it may have been restored from a backup
    notes.note(read("mei"), ROB)

    assert len(store.kept) == 2


def test_every_disclosure_is_recorded() -> None:
    outcome = deciding(DISCLOSURE)(READ).when(DisclosePersonalData(disclosed=READ))

    outcome.then(READ)
    outcome.then_state(Disclosures(2))
