"""A resident lives with the platform for a while, and is erased: nothing is left that says who she was."""

import re
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.privacy.v1 import privacy_service_pb2 as privacy
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import until_known
from e2e.journeys.cities import platform_in
from e2e.journeys.feeds import published
from e2e.journeys.leaks import dumps, files, leaks
from e2e.journeys.ledgers import all_services, gaps, ledger_of, streams_of
from e2e.journeys.resident import (
    ADDRESS,
    COMMENT,
    CONTACT,
    DESCRIPTION,
    E164,
    HERS,
    MANY_NOTES,
    NAME,
    NOTE,
    OUTCOME,
    Life,
    Read,
    live,
    log_in,
    officer_of,
    reading,
    register,
    shown,
    told,
    wrong,
)
from e2e.journeys.town import EAST, ELM, Town, new_id, on, refusal, report, town_on
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.store.ledger import Ledger
from libs.rpc.failures import RpcFailed
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.thief import Thief
from libs.testkit.views import assert_rebuilt_equals_live
from services.command.registry import NAMES

PRIVACY = privacy.DESCRIPTOR.services_by_name["DisclosureService"]
STATES = [types.CASE_STATE_CLOSED, types.CASE_STATE_ROUTED, types.CASE_STATE_ROUTED]


@pytest.fixture(scope="module")
def town(folder: Path) -> Iterator[Town]:
    """A town of its own, whose platform logs all that it can, and every span of its traces."""
    loud = {"LINLI_LOG_LEVEL": "debug", "LINLI_TRACE_EXPORTER": "console"}
    with platform_in(folder / "erasure", loud) as platform:
        platform.start()
        with town_on(platform) as made:
            yield made


@pytest.fixture(scope="module")
def life(town: Town) -> Life:
    return live(town)


@pytest.fixture(scope="module")
def before(town: Town, life: Life) -> dict[str, str]:
    """What staff could see while she was known."""
    return shown(town, life)


@pytest.fixture(scope="module")
def keys(town: Town, life: Life) -> dict[str, bytes]:
    """The wrapped key under which each service keeps what is hers."""
    return _keys(town, life.resident_id)


def _keys(town: Town, subject: str) -> dict[str, bytes]:
    kept = {}
    for service in all_services():
        with ledger_of(town.platform.data, service) as ledger, ledger.connection() as connection:
            row = connection.execute(
                "SELECT wrapped FROM subject_keys WHERE subject = %s", [subject]
            ).fetchone()
            if row is not None and row["wrapped"] is not None:
                kept[service.name] = bytes(row["wrapped"])
    return kept


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What opened hers in one service before, and the buckets that there were then."""

    secret: bytes
    buckets: set[bytes]


@pytest.fixture(scope="module")
def opened(town: Town, life: Life, keys: dict[str, bytes]) -> dict[str, Opened]:
    """By service."""
    found = {}
    for service in all_services():
        if service.name in keys:
            with ledger_of(town.platform.data, service) as ledger:
                secret = ledger.keys.to_encipher(life.resident_id).secret
                assert secret is not None
                found[service.name] = Opened(secret=secret, buckets=_buckets(ledger))
    return found


def _buckets(ledger: Ledger) -> set[bytes]:
    with ledger.connection() as connection:
        return {
            bytes(row["bucket"]) for row in connection.execute("SELECT bucket FROM key_buckets").fetchall()
        }


@pytest.fixture(scope="module")
def erased(
    town: Town, life: Life, before: dict[str, str], keys: dict[str, bytes], opened: dict[str, Opened]
) -> str:
    """She is erased; when the answer is there she is unknown, a moment later in every service. Her id."""
    guard = town.person("DATA_PROTECTION_OFFICER", "gao", area=EAST)
    erasing = identity.EraseSubjectRequest(
        request_id=new_id(), subject_id=life.resident_id, reason="she asked for it"
    )
    assert before
    assert set(opened) == set(keys)
    assert set(keys) == {"identity", "cases", "supervision"}
    with reading(town, life.closed) as reads:
        receipt_code = guard.identity.erase_subject(erasing).receipt_code
        assert "PARTY_UNKNOWN" in shown(town, life)["resident"]
        eventually(lambda: _readable(town, life) == [], "every service has heard of it", seconds=5)
    _assert_gone_for_good(reads)
    asked = identity.GetMyErasureReceiptRequest(receipt_code=receipt_code)
    eventually(
        lambda: guard.identity.get_my_erasure_receipt(asked).receipt.complete, "the receipt", seconds=5
    )
    return life.resident_id


def _assert_gone_for_good(reads: Sequence[Read]) -> None:
    """What one reader found gone no reader saw after that: no cache brings it back."""
    gone = min(read.ended for read in reads if DESCRIPTION not in read.seen)

    assert any(DESCRIPTION in read.seen for read in reads)
    assert [read for read in reads if read.began > gone and leaks(HERS, {"": read.seen.encode()})] == []


def _readable(town: Town, life: Life) -> list[str]:
    return [text for text in HERS for seen in shown(town, life).values() if text in seen]


def test_while_she_was_known_those_entitled_could_read_everything(before: dict[str, str]) -> None:
    assert all(text in before["resident"] for text in (NAME, E164, ADDRESS))
    assert all(text in before["case 0"] for text in (DESCRIPTION, ADDRESS, CONTACT, NOTE, OUTCOME))
    assert all(text in before["case 1"] for text in (DESCRIPTION, CONTACT))
    assert before["case 2"].count(NOTE) == MANY_NOTES
    assert COMMENT in before["ratings"]


def test_others_could_read_nothing_even_then(town: Town, life: Life, before: dict[str, str]) -> None:
    supervisor = town.person("SUPERVISOR", area=EAST)
    seen = [
        told(supervisor.cases.get_case, cases.GetCaseRequest(case_id=case.case_id)) for case in life.cases
    ]

    assert before
    assert leaks(HERS, {"what supervisors see": "\n".join(seen).encode()}) == []


@pytest.mark.capability("002.5")
def test_a_copy_for_her_has_all_that_she_told_and_was_told(
    town: Town, life: Life, before: dict[str, str]
) -> None:
    guard = town.person("DATA_PROTECTION_OFFICER", "gao").client.service(PRIVACY)
    copied = {
        name: "\n".join(each.content for each in copy_of(guard, name, life.resident_id))
        for name in ("identity", "cases", "volunteers", "supervision")
    }

    assert before
    for where, texts in {
        "identity": (NAME, E164, ADDRESS),
        "cases": (DESCRIPTION, CONTACT, NOTE, OUTCOME),
        "supervision": (COMMENT,),
    }.items():
        assert [text for text in texts if text not in copied[where]] == [], where
    assert life.resident_id in copied["volunteers"]
    assert "password_hash" not in copied["identity"]


def copy_of(guard: Any, service: str, subject_id: str) -> Iterator[privacy.ExportedEvent]:
    """All pages of the copy of what a service keeps of a person."""
    asked = privacy.ExportSubjectRequest(service=service, subject_id=subject_id)
    while True:
        answer = guard.export_subject(asked)
        yield from answer.events
        if not answer.next_page_token:
            return
        asked.page_token = answer.next_page_token


def test_even_then_nothing_lay_in_the_clear(town: Town, life: Life, before: dict[str, str]) -> None:
    dumped = dumps(town.platform.data)

    assert before
    assert leaks(["自来水公司"], dumped) != [], "what is no secret is found"
    assert leaks(HERS, dumped) == []
    with ledger_of(town.platform.data, all_services()[2]) as ledger, ledger.connection() as connection:
        kept = connection.execute("SELECT stream FROM snapshots").fetchall()
    assert f"case-{life.long.case_id}" in {row["stream"] for row in kept}


def test_she_cannot_act_any_more(town: Town, life: Life, erased: str) -> None:
    assert erased == life.resident_id
    with pytest.raises(RpcFailed) as refused:
        log_in(town)

    assert refused.value.reason == "CREDENTIALS_REFUSED"
    asked = cases.ListMyCasesRequest()
    eventually(lambda: refusal(life.herself.cases.list_my_cases, asked) == "TOKEN_REVOKED", seconds=5)


def test_her_cases_still_stand(town: Town, life: Life, erased: str) -> None:
    """In the order of things nothing has changed; only what she told is gone."""
    officer = officer_of(town)
    listed = town.operator.cases.list_cases(cases.ListCasesRequest(filter=f'reporter_id = "{erased}"')).cases
    answers = [officer.cases.get_case(cases.GetCaseRequest(case_id=case.case_id)) for case in life.cases]

    assert {case.case_id for case in listed} == {case.case_id for case in life.cases}
    assert [answer.case.state for answer in answers] == STATES
    assert [answer.personal_data_masked for answer in answers] == [False] * 3
    assert [len(answer.notes) for answer in answers] == [1, 0, MANY_NOTES]
    for answer in answers:
        said = {answer.report.description, answer.report.address, answer.report.contact, answer.outcome}
        assert said | {note.text for note in answer.notes} == {""}
        asked = cases.ExplainRoutingRequest(case_id=answer.case.case_id)
        assert officer.cases.explain_routing(asked).same
    trail = supervision.GetCaseTrailRequest(case_id=life.closed.case_id)
    supervisor = town.person("SUPERVISOR", area=EAST)
    assert len(supervisor.supervision.get_case_trail(trail).entries) == 8
    asked_for = supervision.ListCaseRatingsRequest(case_id=life.closed.case_id)
    [rating] = supervisor.supervision.list_case_ratings(asked_for).ratings
    assert (rating.rater_id, rating.stars, rating.comment) == (erased, 5, "")


def test_nobody_asks_her_for_help_any_more(town: Town, erased: str) -> None:
    asked = volunteers.GetVolunteerRequest(volunteer_id=erased)

    eventually(lambda: not town.operator.volunteers.get_volunteer(asked).volunteer.active)


def test_work_on_her_cases_goes_on_without_texts(town: Town, life: Life, erased: str) -> None:
    officer = officer_of(town)
    again = report(reporter_id=erased, description="once more")
    noting = cases.AddNoteRequest(**on(life.waiting), text="who was it?")
    resolving = cases.ResolveCaseRequest(**on(life.waiting), outcome_code="resolved", outcome="something")

    assert refusal(town.operator.cases.open_case, again) == "REPORTER_UNKNOWN"
    assert refusal(officer.cases.add_note, noting) == "SUBJECT_ERASED"
    assert refusal(officer.cases.resolve_case, resolving) == "SUBJECT_ERASED"
    officer.cases.accept_case(cases.AcceptCaseRequest(**on(life.waiting)))
    without_text = cases.ResolveCaseRequest(**on(life.waiting), outcome_code="resolved")
    ended = officer.cases.resolve_case(without_text).case
    assert ended.state == types.CASE_STATE_RESOLVED


def test_no_trace_of_her_is_left(town: Town, life: Life, erased: str) -> None:
    """In no dump, log, metric, feed or error; nor in any file of the platform, down to the latest WAL."""
    assert erased == life.resident_id
    supervisor = town.person("SUPERVISOR")
    errors = wrong(town, life)
    assert town.platform.log is not None
    places = {
        **dumps(town.platform.data),
        **files(town.platform.data),
        "the log": town.platform.log.read_bytes(),
        "the metrics": _metrics(town),
        "what staff sees": "\n".join(shown(town, life).values()).encode(),
        **{f"errors of {what}": told.encode() for what, told in errors.items()},
        **{
            f"feed of {source}": b"".join(e.SerializeToString() for e in published(supervisor, source))
            for source in NAMES
        },
    }

    assert len(places["the log"]) > 10_000
    assert len(places["feed of cases"]) > 1_000
    assert [what for what, told in errors.items() if not _is_error(told)] == []
    assert leaks(HERS, places) == []


def _is_error(told: str) -> bool:
    return re.match("[A-Z_]+ [A-Z_]+: ", told) is not None


def _metrics(town: Town) -> bytes:
    with urllib.request.urlopen(f"{town.platform.http}/metrics", timeout=patience.seconds(10)) as answer:  # noqa: S310  # loopback
        return bytes(answer.read())


def test_no_service_keeps_the_key_to_what_was_hers(town: Town, erased: str, keys: dict[str, bytes]) -> None:
    dumped = dumps(town.platform.data)

    assert _keys(town, erased) == {}
    assert [name for name, key in keys.items() if key.hex().encode() in dumped[f"dump of {name}"]] == []


def test_disks_and_master_key_together_open_nothing_of_hers(
    town: Town, erased: str, opened: dict[str, Opened]
) -> None:
    """Nor what PostgreSQL wrote and no longer shows: the WAL, dead rows. The others' keys are found."""
    place, persons, found = Place(data=town.platform.data), {erased}, set[bytes]()
    with psycopg.connect(EmbeddedPostgres(place.data).dsn(), autocommit=True) as admin:
        admin.execute("CHECKPOINT")
    thief = Thief(MasterKey.from_text(place.master_key.read_text("utf-8")), files(place.data).values())
    for service in all_services():
        with ledger_of(place.data, service) as ledger, ledger.connection() as connection:
            rows = connection.execute("SELECT subject FROM subject_keys WHERE bucket IS NOT NULL").fetchall()
            buckets = _buckets(ledger)
        persons |= {row["subject"] for row in rows}
        if service.name in opened:
            buckets |= opened[service.name].buckets
        found |= thief.keys(buckets, persons)

    assert [name for name, hers in opened.items() if hers.secret in found] == []
    assert len(found) > 1


def test_after_a_restart_too(town: Town, life: Life, erased: str) -> None:
    assert town.platform.stop() == 0
    town.platform.start()

    assert erased == life.resident_id
    assert _readable(town, life) == []
    for service in all_services():
        with ledger_of(town.platform.data, service) as ledger:
            assert gaps(streams_of(ledger)) == []
            assert_rebuilt_equals_live(ledger, service.views)


def test_who_comes_back_is_somebody_new(town: Town, erased: str) -> None:
    """The same number finds nobody; what she tells now is hers again."""
    again = register(town.operator)

    assert not again.existing
    assert again.resident_id != erased
    told = report(reporter_id=again.resident_id, description=DESCRIPTION)
    case = until_known(town.operator.cases.open_case, told).case
    asked = cases.GetCaseRequest(case_id=case.case_id)
    assert officer_of(town).cases.get_case(asked).report.description == DESCRIPTION


def test_of_somebody_of_whom_nothing_was_known_nothing_can_be_kept_either(town: Town) -> None:
    """A service that never held a key of theirs makes none after the erasure."""
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_PHONE, value="139 0000 0000")
    silent = town.operator.identity.register_resident(
        identity.RegisterResidentRequest(request_id=new_id(), natural_key=key, name="沉默", area_id=ELM)
    ).resident_id
    guard = town.person("DATA_PROTECTION_OFFICER", "gao", area=EAST)
    erasing = identity.EraseSubjectRequest(request_id=new_id(), subject_id=silent, reason="asked for")

    guard.identity.erase_subject(erasing)

    def answer() -> str:
        return refusal(town.operator.cases.open_case, report(reporter_id=silent, description="too late"))

    eventually(lambda: answer() == "REPORTER_UNKNOWN", seconds=5)
