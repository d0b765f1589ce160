"""Shortages, candidates, vacancies and retention equal a recount, whatever happened."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as service
from linli.identity.v1 import identity_staffing_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.rpc.failures import RpcFailed
from libs.rpc.moments import moment, stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.tests.test_component import (
    ENVIRON,
    as_role,
    define,
    operator_of,
    register,
    register_body,
)
from services.identity.tests.test_component_posts import appoint, certify, end, establish, qualify
from services.identity.wiring import SERVICE

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
AREAS = {"north": "la/north", "willow": "la/north/willow", "south": "la/south"}
KINDS = ("aid", "law", "deaf", "lift")
STEPS = 150
DATES = [NOW + days * DAY for days in (-900, -640, -365, -90, -1, 1, 45, 400)]
request_id = Ids("identity shortages")
number = Ids("people short")


@dataclass(slots=True)
class Span:
    """Something of a person or a post, from when until when."""

    what: str
    who: str
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(slots=True)
class Told:
    """All that was told to the service, kept by the test itself."""

    people: dict[str, str] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    certificates: dict[str, Span] = field(default_factory=dict)
    needs: list[Span] = field(default_factory=list)
    terms: list[Span] = field(default_factory=list)

    def has(self, person: str, kind: str, at: datetime) -> bool:
        """Counted one by one."""
        return any(
            (each.who, each.what) == (person, kind) and each.holds(at) for each in self.certificates.values()
        )

    def holder(self, post: str, at: datetime) -> str:
        return next((each.who for each in self.terms if each.what == post and each.holds(at)), "")

    def needed(self, post: str, at: datetime) -> set[str]:
        return {each.what for each in self.needs if each.who == post and each.holds(at)}


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as opened:
        stub = operator_of(opened)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY)
        define(stub, "south", "la", types.AREA_LEVEL_DISTRICT)
        register_body(stub, "lasan")
        for kind in KINDS:
            qualify(stub, kind)
        yield opened


def past(chance: Random, most: int = 1000) -> datetime:
    """A moment of the past, on no date that is asked about."""
    return NOW - chance.randrange(2, most) * DAY - timedelta(hours=chance.randrange(1, 23))


def happen(stub: Any, officer: Any, chance: Random, told: Told) -> None:
    """One more thing happens."""
    person, post = chance.choice([*told.people]), chance.choice([*told.posts])
    match chance.choices(("certify", "revoke", "appoint", "end", "needs", "erase"), (5, 1, 22, 3, 2, 1))[0]:
        case "certify":
            _certify(stub, person, chance, told)
        case "revoke" if told.certificates:
            certificate = chance.choice([*told.certificates])
            _revoke(stub, certificate, told)
        case "appoint":
            since = past(chance)
            until = since + chance.choice((20, 90, 200, 500)) * DAY if chance.random() < 0.85 else None
            if _done(lambda: appoint(stub, post, person, since, until)):
                told.terms.append(Span(post, person, since, until))
        case "end" if holder := told.holder(post, datetime.now(UTC)):
            end(stub, post, holder)
            _cut((each for each in told.terms if each.what == post), datetime.now(UTC))
        case "needs":
            _need(stub, post, chance, told)
        case "erase" if len(told.people) > 6:
            _erase(officer, person, told)
        case _:
            pass


def _certify(stub: Any, person: str, chance: Random, told: Told) -> None:
    kind, since = chance.choice(KINDS), past(chance)
    until = since + chance.choice((50, 300, 900, 2000)) * DAY if chance.random() < 0.7 else None
    issued = certify(stub, person, kind, since, until).certificate
    told.certificates[issued.certificate_id] = Span(kind, person, since, until)


def _done(act: Any) -> bool:
    try:
        act()
    except RpcFailed as failed:
        if failed.reason not in {"POST_HELD", "QUALIFICATIONS_LACKING", "APPOINTMENT_TOO_EARLY"}:
            raise
        return False
    return True


def _cut(spans: Iterator[Span], at: datetime) -> None:
    for each in spans:
        if each.holds(at):
            each.until = at


def _revoke(stub: Any, certificate_id: str, told: Told) -> None:
    held = told.certificates[certificate_id]
    request = pb.RevokeCertificateRequest(
        request_id=request_id(), party_id=held.who, certificate_id=certificate_id
    )
    revoked = moment(stub.revoke_certificate(request).certificate.revoked_time)
    held.until = min(held.until or revoked, revoked)


def _need(stub: Any, post: str, chance: Random, told: Told) -> None:
    kinds = chance.sample(KINDS, chance.randrange(3))
    stub.change_post_needs(
        pb.ChangePostNeedsRequest(request_id=request_id(), post_id=post, qualification_ids=kinds)
    )
    now = datetime.now(UTC)
    _cut((each for each in told.needs if each.who == post), now)
    told.needs += [Span(kind, post, now) for kind in kinds]


def _erase(officer: Any, person: str, told: Told) -> None:
    officer.erase_subject(
        service.EraseSubjectRequest(request_id=request_id(), subject_id=person, reason="on request")
    )
    _cut((each for each in told.terms if each.who == person), datetime.now(UTC))
    told.certificates = {key: each for key, each in told.certificates.items() if each.who != person}
    del told.people[person]


@pytest.fixture(scope="module")
def told(running: Component) -> Told:
    """A random history."""
    chance, told = Random(20260412), Told()
    stub, officer = operator_of(running), as_role(running, "DATA_PROTECTION_OFFICER")
    for area_id in (*AREAS, *AREAS, *AREAS, *AREAS):
        person = str(register(stub, number(), area_id=area_id).resident_id)
        told.people[person] = AREAS[area_id]
        needs, since = chance.sample(KINDS, chance.randrange(3)), past(chance, 1400)
        post = establish(stub, *needs, area_id=area_id, since=since)
        told.posts[post], told.since[post] = AREAS[area_id], since
        told.needs += [Span(kind, post, since) for kind in needs]
    for person in [*told.people] * 4:
        _certify(stub, person, chance, told)
    for _ in range(STEPS):
        happen(stub, officer, chance, told)
    assert len(told.terms) > 15
    return told


def _within(path: str, area: str) -> bool:
    return f"{path}/".startswith(f"{area}/")


def recounted(told: Told, area: str, at: datetime) -> dict[str, tuple[int, ...]]:
    """For each kind: posts, held, covered, covered 90 days later, free people."""
    found: dict[str, tuple[int, ...]] = {}
    for kind in KINDS:
        posts = [
            post
            for post, path in told.posts.items()
            if _within(path, area) and told.since[post] <= at and kind in told.needed(post, at)
        ]
        if not posts:
            continue
        holders = [told.holder(post, at) for post in posts]
        covered = [each for each in holders if each and told.has(each, kind, at)]
        later = [each for each in covered if told.has(each, kind, at + 90 * DAY)]
        busy = {told.holder(post, at) for post in told.posts}
        free = [
            person
            for person, path in told.people.items()
            if _within(path, area) and told.has(person, kind, at) and person not in busy
        ]
        found[kind] = (len(posts), sum(map(bool, holders)), len(covered), len(later), len(free))
    return found


@pytest.mark.capability("000.4")
@pytest.mark.parametrize("area_id", AREAS)
def test_shortages_are_those_that_a_recount_finds(running: Component, told: Told, area_id: str) -> None:
    stub = operator_of(running)

    for at in DATES:
        request = pb.ListShortagesRequest(area_id=area_id, at_time=stamp(at), at_least=_head(running))
        listed = {
            each.qualification_id: (
                each.posts,
                each.held,
                each.covered,
                each.covered_in_90_days,
                each.free,
            )
            for each in stub.list_shortages(request).shortages
        }
        assert listed == recounted(told, AREAS[area_id], at), at


@pytest.mark.capability("002.7")
def test_holders_vacancies_and_candidates_are_those_that_a_recount_finds(
    running: Component, told: Told
) -> None:
    stub = operator_of(running)

    for at in DATES:
        request = pb.ListPostsRequest(page_size=1000, at_time=stamp(at), at_least=_head(running))
        listed = {
            each.post_id: (each.holder_id, {*each.qualification_ids}, each.candidates)
            for each in stub.list_posts(request).posts
        }
        assert listed == {
            post: (told.holder(post, at), told.needed(post, at), _candidates(told, post, at))
            for post in told.posts
            if told.since[post] <= at
        }, at


def _candidates(told: Told, post: str, at: datetime) -> int:
    needs, holder = told.needed(post, at), told.holder(post, at)
    ready = (
        person
        for person in told.people
        if needs and person != holder and all(told.has(person, kind, at) for kind in needs)
    )
    return sum(1 for _ in ready)


@pytest.mark.capability("002.7")
@pytest.mark.parametrize("area_id", AREAS)
def test_retention_is_what_a_recount_finds(running: Component, told: Told, area_id: str) -> None:
    stub = operator_of(running)

    for at in DATES:
        request = pb.GetRetentionRequest(
            area_id=area_id, body_id="lasan", at_time=stamp(at), at_least=_head(running)
        )
        answer = stub.get_retention(request)
        begun = [
            each for each in told.terms if each.since <= at and _within(told.posts[each.what], AREAS[area_id])
        ]
        ended = [(each.until - each.since) / DAY for each in begun if each.until and each.until <= at]
        year = [each for each in begun if each.since + 365 * DAY <= at]
        stayed = [each for each in year if each.until is None or each.until >= each.since + 365 * DAY]
        counts = (answer.begun, answer.holding, answer.due_a_year, answer.stayed_a_year)
        assert counts == (len(begun), len(begun) - len(ended), len(year), len(stayed)), at
        assert answer.median_days == pytest.approx(median(ended) if ended else 0.0, abs=0.01), at


def _head(running: Component) -> str:
    return running.opened.ledger.revision(running.opened.ledger.head())
