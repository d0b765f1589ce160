"""Ouyang Jingzhi, who lives in Songlin: what she tells the platform, and who may see it."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from google.protobuf import text_format
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.options.v1 import access_pb2
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import LocalizedText
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City, until_known
from e2e.journeys.town import EAST, ELM, WATER, Town, new_id, on, profile, report
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.testkit.eventually import eventually

NAME, ALIAS = "欧阳静芷", "Aurelia Quillfeather"
PHONE, E164, NUMBER = "+86 138 0013 8842", "+8613800138842", "11010119850412777X"
ADDRESS = "松林市槐花巷37号4单元502室"
LOGIN, PASSWORD = "jingzhi.ouyang", "静芷的密码 is long"  # of nobody real
DESCRIPTION = "我家厨房的水管爆裂了, the ceiling of my bedroom came down"
CONTACT = "quillfeather@mailbox.example, 微信 jingzhi-502"
NOTE = "欧阳女士说钥匙在门垫下, the key is under the mat"
OUTCOME = "给静芷家换了总阀门, valve replaced in flat 502"
COMMENT = "师傅很热情静芷很满意, the plumber even took his shoes off"
HERS = (
    *(
        NAME,
        ALIAS,
        f"{NAME} {ALIAS}",
        PHONE,
        E164,
        "13800138842",
        "138 0013 8842",
        NUMBER,
        ADDRESS,
        "槐花巷37号",
    ),
    *(
        LOGIN,
        PASSWORD,
        DESCRIPTION,
        "厨房的水管爆裂",
        "ceiling of my bedroom",
        CONTACT,
        "quillfeather@mailbox",
    ),
    *(NOTE, "钥匙在门垫下", "under the mat", OUTCOME, "换了总阀门", COMMENT, "took his shoes off"),
)
"""Everything that says who she is and what she told, in whole and in part."""
MANY_NOTES = 210
"""Enough for the ledger to keep a snapshot of a case."""


@dataclass(frozen=True, slots=True)
class Life:
    """What she left behind: a closed case with a rating, one that waits, and a very long one."""

    resident_id: str
    herself: City
    closed: cases.Case
    waiting: cases.Case
    long: cases.Case

    @property
    def cases(self) -> tuple[cases.Case, ...]:
        """All three."""
        return self.closed, self.waiting, self.long


def live(town: Town) -> Life:
    """She registers, logs in, offers help, reports, rates; staff work on her cases."""
    resident_id, herself = _arrive(town)
    closed = _report_and_rate(town, herself)
    by_phone = report(
        reporter_id=resident_id,
        contact=CONTACT,
        description=DESCRIPTION,
        channel=types.CHANNEL_PHONE_OPERATOR,
    )
    waiting = until_known(dispatcher(town).cases.open_case, by_phone).case
    long = town.report(herself, description=DESCRIPTION)
    officer = officer_of(town)
    for number in range(MANY_NOTES):
        officer.cases.add_note(cases.AddNoteRequest(**on(long), text=f"{NOTE} ({number})"))
    return Life(resident_id, herself, closed, waiting, long)


def register(operator: City) -> identity.RegisterResidentResponse:
    """Make her known."""
    registering = identity.RegisterResidentRequest(
        request_id=new_id(),
        natural_key=kinds.NaturalKey(kind=kinds.KEY_KIND_NATIONAL_ID, value=NUMBER),
        name=f"{NAME} {ALIAS}",
        phone=PHONE,
        address=ADDRESS,
        area_id=ELM,
    )
    registered: identity.RegisterResidentResponse = operator.identity.register_resident(registering)
    return registered


def _arrive(town: Town) -> tuple[str, City]:
    clerk = town.operator.identity
    resident_id = register(town.operator).resident_id
    role: dict[str, Any] = {"party_id": resident_id, "role": access_pb2.ROLE_RESIDENT, "area_id": ELM}
    clerk.grant_role(identity.GrantRoleRequest(request_id=new_id(), **role))
    login: dict[str, Any] = {"party_id": resident_id, "login_name": LOGIN, "password": PASSWORD}
    clerk.create_login(identity.CreateLoginRequest(request_id=new_id(), **login))
    herself = town.anyone(Token(log_in(town)))
    enrolling = volunteers.EnrolVolunteerRequest(request_id=new_id(), profile=profile(ELM))
    until_known(herself.volunteers.enrol_volunteer, enrolling)
    return resident_id, herself


def log_in(town: Town) -> str:
    """Her token."""
    asked = identity.LoginRequest(login_name=LOGIN, password=PASSWORD)
    return str(town.operator.identity.login(asked).token.access_token)


def _report_and_rate(town: Town, herself: City) -> cases.Case:
    officer = officer_of(town)
    case = town.report(herself, description=DESCRIPTION, address=ADDRESS, contact=CONTACT)
    officer.cases.accept_case(cases.AcceptCaseRequest(**on(case)))
    officer.cases.answer_reporter(cases.AnswerReporterRequest(**on(case), text=NOTE))
    officer.cases.resolve_case(cases.ResolveCaseRequest(**on(case), outcome_code="resolved", outcome=OUTCOME))
    herself.cases.confirm_resolution(cases.ConfirmResolutionRequest(**on(case)))
    closed = officer.cases.close_case(cases.CloseCaseRequest(**on(case)))
    rating = supervision.RateCaseRequest(**on(case), stars=5, comment=COMMENT, cases_at_least=closed.revision)
    herself.supervision.rate_case(rating)
    return case


def officer_of(town: Town) -> City:
    """Who works on her cases."""
    return town.person("CASE_OFFICER", "wang", body=WATER)


def dispatcher(town: Town) -> City:
    """Who takes her calls."""
    return town.person("DISPATCHER", "dora", area=EAST)


def shown(town: Town, life: Life) -> dict[str, str]:
    """What those are shown who are entitled to see it."""
    return {what: told(call, request) for what, call, request in _looks(town, life)}


def _looks(town: Town, life: Life) -> Iterator[tuple[str, Any, Any]]:
    asked = identity.GetResidentRequest(resident_id=life.resident_id, purpose=identity.PURPOSE_CASE_WORK)
    yield "resident", dispatcher(town).identity.get_resident, asked
    for number, case in enumerate(life.cases):
        yield f"case {number}", officer_of(town).cases.get_case, cases.GetCaseRequest(case_id=case.case_id)
    ratings = supervision.ListCaseRatingsRequest(case_id=life.closed.case_id)
    yield "ratings", town.person("SUPERVISOR", "sun", area=EAST).supervision.list_case_ratings, ratings


@dataclass(frozen=True, slots=True)
class Read:
    """What an officer saw of a case, and between which of all moments at which somebody looked or saw."""

    began: int
    ended: int
    seen: str


@contextmanager
def reading(town: Town, case: cases.Case, readers: int = 4) -> Iterator[list[Read]]:
    """Officers who read a case again and again while the block runs; what they saw, when it has ended."""
    over, reads, moments = threading.Event(), list[Read](), itertools.count()
    request = cases.GetCaseRequest(case_id=case.case_id)

    def read() -> None:
        officer = officer_of(town)
        while not over.is_set():
            began = next(moments)
            seen = told(officer.cases.get_case, request)
            reads.append(Read(began, next(moments), seen))

    with ThreadPoolExecutor(readers) as officers:
        busy = [officers.submit(read) for _ in range(readers)]
        try:
            eventually(lambda: len(reads) > readers, "everybody reads")
            yield reads
        finally:
            over.set()
        for one in busy:
            one.result()


def told(call: Any, request: Any) -> str:
    """The whole answer as text: also that of an error, with all its details."""
    try:
        return text_format.MessageToString(call(request), as_utf8=True)
    except RpcFailed as failed:
        details = (failed.metadata, failed.violations, failed.localized)
        return f"{failed.code.name} {failed.reason}: {failed.message} {details}"


def wrong(town: Town, life: Life) -> dict[str, str]:
    """What is answered to requests that are wrong, and have her name, number or words in them."""
    return {
        f"{number}: {type(request).__name__}": told(call, request)
        for number, (call, request) in enumerate(_wrong(town, life))
    }


def _wrong(town: Town, life: Life) -> Iterator[tuple[Any, Any]]:
    m, stub, desk = identity, town.operator.identity, town.operator.cases
    r: dict[str, Any] = {"request_id": new_id()}
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_NATIONAL_ID, value=NUMBER)
    who = m.RegisterResidentRequest(**r, natural_key=key, name=NAME, phone=PHONE * 9, area_id=ELM)
    yield stub.register_resident, who
    kind = kinds.BODY_KIND_RESIDENTS_GROUP
    body = m.RegisterBodyRequest(**r, natural_key=key, kind=kind, name=LocalizedText(zh=NAME), area_id=ELM)
    yield stub.register_body, body
    yield stub.define_area, m.DefineAreaRequest(**r, area_id=NAME)
    yield stub.login, m.LoginRequest(login_name=LOGIN, password=PASSWORD)
    yield desk.open_case, report(description=DESCRIPTION * 99, contact=CONTACT)
    yield desk.open_case, report(anonymous=True, contact=CONTACT)
    yield desk.open_case, report(reporter_id=life.resident_id, description=DESCRIPTION)
    yield desk.add_note, cases.AddNoteRequest(**on(life.closed), text=NOTE)
    yield (
        desk.resolve_case,
        cases.ResolveCaseRequest(**on(life.closed), outcome_code="resolved", outcome=OUTCOME),
    )
    yield desk.list_cases, cases.ListCasesRequest(filter=f'name = "{NAME}"')
    yield desk.list_cases, cases.ListCasesRequest(page_token=NAME)
    yield desk.get_case, cases.GetCaseRequest(case_id=NAME)
    yield desk.get_public_case, cases.GetPublicCaseRequest(public_id=NAME)
