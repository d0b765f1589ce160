"""Notices by e-mail, from the event of a neighbour to a real mail server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from linli.cases.v1 import cases_events_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.notify.tests.mail_server import PASSWORD, MailServer, mail_server
from libs.rpc.failures import RpcFailed
from libs.runtime.config.settings import SettingsInvalid, read
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.domain.delivery import Delivered, DropCause, Dropped, Waiting
from services.identity.settings import IdentitySettings
from services.identity.tests.test_component import (
    ENVIRON,
    as_role,
    define,
    nobody,
    operator_of,
    refused,
    register,
)
from services.identity.wiring import SERVICE

request_id = Ids("identity mail")
number = Ids("residents with mail")
case_id = Ids("cases with mail")
HERE = "la/willow"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with mail_server(tmp_path_factory.mktemp("mail")) as running:
        yield running


@pytest.fixture(autouse=True)
def takes_everything(server: MailServer) -> None:
    server.sender = server.recipient = server.data = ""
    server.got.clear()


@pytest.fixture(scope="module")
def running(postgres_server: TestServer, server: MailServer) -> Iterator[Component]:
    given = server.settings
    environ = {
        "LINLI_IDENTITY_SMTP_URL": f"smtp://{given.user}@{given.host}:{given.port}",
        "LINLI_IDENTITY_SMTP_PASSWORD": PASSWORD,
        "LINLI_IDENTITY_SMTP_CA": str(given.authority),
        "LINLI_IDENTITY_MAIL_FROM": "Linli <linli@example.org>",
    }
    with willow(postgres_server, environ) as service:
        yield service


@contextmanager
def willow(server: TestServer, environ: dict[str, str]) -> Iterator[Component]:
    """Identity with a channel, and a community in a city."""
    with component(server, SERVICE, {**ENVIRON, **environ}) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "willow", "la", types.AREA_LEVEL_COMMUNITY)
        yield service


@pytest.fixture
def mei(running: Component) -> str:
    """A resident's id."""
    return str(register(operator_of(running), number()).resident_id)


def choose(running: Component, subject: str, **fields: Any) -> str:
    request = pb.SetNoticePreferencesRequest(request_id=request_id(), **fields)
    answer = as_role(running, "RESIDENT", HERE, subject).set_notice_preferences(request)
    return str(answer.revision)


def by_mail(running: Component, subject: str, **fields: Any) -> str:
    chosen = {"email": f"{subject}@example.com", "language": types.NOTICE_LANGUAGE_EN} | fields
    return choose(running, subject, channels=[types.NOTICE_CHANNEL_EMAIL], **chosen)


def opened(running: Component, reporter: str) -> str:
    case = case_id()
    running.hears("cases", cases.CaseOpened(case_id=case, public_id="LL-17", reporter_id=reporter))
    return case


def deliveries(running: Component, subject: str) -> list[Any]:
    """The states of a person's deliveries, by their streams."""
    events = running.opened.ledger.read(limit=100_000)
    mine = [e.event for e in events if type(e.event).__name__ == "DeliveryPrepared"]
    ids = [event.delivery_id for event in mine if event.resident_id == subject]
    return [running.opened.streams["delivery"].load(each).state for each in ids]


def the_only(running: Component, subject: str, kind: type) -> Any:
    """A person's only delivery, as soon as it is in a situation."""

    def look() -> Any:
        found = deliveries(running, subject)
        assert [type(each) for each in found] == [kind]
        return found[0]

    return eventually(look, f"{kind.__name__} for {subject}", seconds=20)


def test_a_reporter_is_told_by_mail_in_their_language_once(
    running: Component, server: MailServer, mei: str
) -> None:
    by_mail(running, mei)

    case = opened(running, mei)

    the_only(running, mei, Delivered)
    [mail] = server.got
    assert mail["To"] == f"{mei}@example.com"
    assert mail["Subject"] == "Your report LL-17 was received"
    assert "We received your report on" in mail.get_content()
    assert "(UTC+08:00)" in mail.get_content()
    assert len(running.opened.streams["notice"].load(case).state.notices) == 1


def test_many_events_at_once_do_not_make_many_mails(running: Component, server: MailServer, mei: str) -> None:
    by_mail(running, mei)
    opened(running, mei)
    the_only(running, mei, Delivered)

    for _ in range(20):
        opened(running, mei)

    page = eventually(lambda: _inbox(running, mei, 21), "all of them in the inbox")
    assert page.unread_count == 21
    assert len(server.got) == 1


def _inbox(running: Component, subject: str, expected: int) -> pb.ListNoticesResponse:
    page: pb.ListNoticesResponse = as_role(running, "RESIDENT", HERE, subject).list_notices(
        pb.ListNoticesRequest()
    )
    assert len(page.notices) == expected
    return page


def test_an_address_that_does_not_exist_parks_the_delivery_and_it_can_be_replayed(
    running: Component, server: MailServer, mei: str
) -> None:
    by_mail(running, mei)
    server.recipient = f"550 5.1.1 {mei}@example.com: no such user"
    opened(running, mei)
    dropped = the_only(running, mei, Dropped)
    assert dropped.cause is DropCause.NO_CHANNEL
    by_hand = running.opened.parts.by_hand
    line = eventually(lambda: line_of(by_hand["notices-parked"]({}), mei), "it is parked")
    assert "no_channel: 550 5.1.1" in line
    assert "example.com" not in line

    server.recipient = ""
    by_hand["notices-replay"]({"delivery": dropped.prepared.delivery_id})

    the_only(running, mei, Delivered)
    [mail] = server.got
    assert mail["Message-ID"] == f"<{dropped.prepared.delivery_id}@example.org>"
    eventually(lambda: _gone(by_hand["notices-list"]({}), mei), "it is listed no more")


def line_of(listed: str, subject: str) -> str:
    lines = [line for line in listed.splitlines() if subject in line]
    assert len(lines) == 1
    return lines[0]


def _gone(listed: str, subject: str) -> bool:
    return subject not in listed


def test_who_is_not_to_be_disturbed_holds_up_nobody(
    running: Component, server: MailServer, mei: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.identity.application.delivery._AT_ONCE", 1)
    hua = str(register(operator_of(running), number()).resident_id)
    minute = int(datetime.now(UTC).timestamp()) // 60 % 1440
    now = pb.QuietHours(from_minute=(minute - 60) % 1440, until_minute=(minute + 60) % 1440)
    server.sender = "451 4.3.2 not now"
    for subject in (mei, hua):
        by_mail(running, subject)
        opened(running, subject)
        the_only(running, subject, Waiting)
    by_mail(running, mei, quiet_hours=now, time_zone="UTC")

    server.sender = ""

    the_only(running, hua, Delivered)
    assert [mail["To"] for mail in server.got] == [f"{hua}@example.com"]


def test_nobody_who_is_erased_is_written_to(running: Component, server: MailServer, mei: str) -> None:
    by_mail(running, mei)
    server.recipient = "450 4.2.1 try later"
    opened(running, mei)
    listed = running.opened.parts.by_hand["notices-list"]
    eventually(lambda: line_of(listed({}), mei), "it waits for the next try")

    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    erasing = pb.EraseSubjectRequest(request_id=request_id(), subject_id=mei, reason="asked for it")
    officer.erase_subject(erasing)

    eventually(lambda: _gone(listed({}), mei), "nothing waits any more")
    server.recipient = ""
    opened(running, mei)
    assert server.got == []


def test_only_what_the_person_wants_is_sent_by_what_they_chose_last(
    running: Component, server: MailServer, mei: str
) -> None:
    by_mail(running, mei, kinds=[types.NOTICE_KIND_CLOSED])

    case = opened(running, mei)
    unwanted = the_only(running, mei, Dropped)
    running.hears("cases", cases.CaseClosed(case_id=case, body_id="lasan"))
    eventually(lambda: server.got, "the wanted one")

    assert unwanted.cause is DropCause.UNWANTED
    assert [mail["Subject"] for mail in server.got] == ["Your report LL-17 was closed"]
    listed = running.opened.parts.by_hand["notices-list"]
    eventually(lambda: _gone(listed({}), mei), "neither waits, nor is parked")


def test_in_quiet_hours_nothing_is_sent_until_the_person_ends_them(
    running: Component, server: MailServer, mei: str
) -> None:
    hua = str(register(operator_of(running), number()).resident_id)
    minute = int(datetime.now(UTC).timestamp()) // 60 % 1440
    now = pb.QuietHours(from_minute=(minute - 60) % 1440, until_minute=(minute + 60) % 1440)
    by_mail(running, mei, quiet_hours=now, time_zone="UTC")
    by_mail(running, hua)

    for subject in (mei, hua):
        opened(running, subject)
    the_only(running, hua, Delivered)
    assert deliveries(running, mei) == []

    by_mail(running, mei)
    the_only(running, mei, Delivered)


def test_what_a_person_chose_lies_nowhere_in_clear(running: Component, mei: str) -> None:
    hours = pb.QuietHours(from_minute=0, until_minute=1)
    by_mail(
        running,
        mei,
        time_zone="Pacific/Marquesas",
        quiet_hours=hours,
        kinds=[types.NOTICE_KIND_ASKED_TO_CONFIRM],
    )

    by_mail(running, mei)

    opened(running, mei)
    the_only(running, mei, Delivered)
    for chosen in ("Marquesas", "asked_to_confirm", f"{mei}@example.com"):
        assert tables_with(running, chosen) == []
    assert tables_with(running, mei) != []


def tables_with(running: Component, text: str) -> list[str]:
    """The tables in which a text lies in clear, as text or in bytes."""
    with running.opened.ledger.connection() as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        found = []
        for row in tables:
            query = f"SELECT 1 FROM {row['name']} t WHERE t::text LIKE ANY(%s)"
            if connection.execute(query, ([f"%{text}%", f"%{text.encode().hex()}%"],)).fetchone():
                found.append(row["name"])
    return found


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": ""}, "EMAIL_UNFIT"),
        ({"email": "mei"}, "EMAIL_UNFIT"),
        ({"email": "mei@example.com, hua@example.com"}, "EMAIL_UNFIT"),
        ({"email": "<mei@example.com>"}, "EMAIL_UNFIT"),
        ({"email": "mei@example.com\r\nBcc: hua@example.com"}, "EMAIL_UNFIT"),
        ({"email": "梅@example.com"}, "EMAIL_UNFIT"),
    ],
)
def test_what_is_no_address_is_refused(
    running: Component, mei: str, fields: dict[str, str], reason: str
) -> None:
    with refused(reason):
        by_mail(running, mei, **fields)


def test_a_channel_that_is_not_set_up_cannot_be_chosen(postgres_server: TestServer) -> None:
    with component(postgres_server, SERVICE, ENVIRON) as without:
        stub = operator_of(without)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        somebody = str(register(stub, number(), area_id="la").resident_id)

        with pytest.raises(RpcFailed, match=r"does not offer email: there is .*the web inbox") as refusal:
            by_mail(without, somebody)
        assert refusal.value.reason == "CHANNEL_NOT_OFFERED"


def test_a_wrong_mail_server_is_refused_at_the_start() -> None:
    wrong = {**ENVIRON, "LINLI_IDENTITY_SMTP_URL": "http://mail.example.org"}

    with pytest.raises(SettingsInvalid, match="LINLI_IDENTITY_SMTP_URL: write it as smtp://"):
        read(IdentitySettings, wrong, "LINLI_IDENTITY_")


def code_in(mail: Any) -> str:
    """The one-time code in a message."""
    [code] = re.findall(r"\d{4} \d{4}", mail.get_content())
    return str(code)


def test_a_one_time_code_comes_by_mail_and_lies_nowhere(running: Component, server: MailServer) -> None:
    email = f"{number()}@example.com"
    asking = pb.RequestCodeRequest(
        request_id=request_id(),
        purpose=types.CODE_PURPOSE_CONFIRM,
        email=email,
        language=types.NOTICE_LANGUAGE_EN,
    )

    asked = nobody(running).request_code(asking)
    [mail] = eventually(lambda: [each for each in server.got if each["To"] == email], seconds=20)

    code = code_in(mail)
    assert mail["Subject"] == "Linli: your code to confirm this address"
    assert asked.code_id not in mail.as_string()
    for hidden in (email, code, code.replace(" ", "")):
        assert tables_with(running, hidden) == []
    confirming = pb.ConfirmAddressRequest(
        request_id=request_id(),
        login_name="developer",
        password=ENVIRON["LINLI_IDENTITY_DEVELOPER_PASSWORD"],
        proof=pb.CodeProof(code_id=asked.code_id, email=email, code=code),
    )
    nobody(running).confirm_address(confirming)
    assert tables_with(running, email) == []
