"""A body reads the data set of another one by a share, and not one reading longer, over the real wire."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as service
from linli.identity.v1 import identity_sharing_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.privacy.v1 import privacy_types_pb2 as privacy
from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.rpc.moments import stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.adapters.views import sharing
from services.identity.tests.test_component import (
    ENVIRON,
    as_role,
    define,
    operator_of,
    refused,
    register,
    register_body,
)
from services.identity.tests.test_component_households import build, fact, form, visit
from services.identity.wiring import SERVICE

request_id, number = Ids("sharing"), Ids("people whose data are shared")
ASSISTANCE, AUDIT = privacy.DISCLOSURE_PURPOSE_ASSISTANCE, privacy.DISCLOSURE_PURPOSE_AUDIT
NAME, PHONE, ALONE = pb.DATA_FIELD_NAME, pb.DATA_FIELD_PHONE, pb.DATA_FIELD_LIVES_ALONE
PHONE_NUMBER = "+8613800138000"


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as running:
        stub = operator_of(running)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "willow", "la", types.AREA_LEVEL_COMMUNITY)
        define(stub, "elm", "la", types.AREA_LEVEL_COMMUNITY)
        yield running


@pytest.fixture(scope="module")
def bodies(running: Component) -> tuple[str, str]:
    """Who keeps the data, and who asks for them."""
    owner, asking = (register_body(operator_of(running), code).body.body_id for code in ("civil", "health"))
    return str(owner), str(asking)


@pytest.fixture
def mei(running: Component) -> str:
    registered = register(operator_of(running), number(), phone=PHONE_NUMBER, address="3-201")
    return str(registered.resident_id)


def planner(running: Component, body: str, subject: str) -> Any:
    return as_role(running, "PLANNER", body=body, subject=subject)


def officer(running: Component, body: str) -> Any:
    return as_role(running, "CASE_OFFICER", body=body, subject="officer-of-health")


def defined(running: Component, owner: str, *fields: Any, **about: str) -> str:
    """A data set of a body; its id."""
    data_set_id = f"set-{number()[:8]}"
    request = pb.DefineDataSetRequest(
        request_id=request_id(),
        data_set_id=data_set_id,
        owner_body_id=owner,
        name=LocalizedText(en="The elderly"),
        data_fields=fields or (NAME, ALONE),
        legal_basis="Law on the elderly, article 15",
        **about,
    )
    as_role(running, "PLANNER", subject="of-the-city").define_data_set(request)
    return data_set_id


def asked(running: Component, data_set_id: str, body: str, **differently: Any) -> str:
    until = stamp(datetime.now(UTC) + timedelta(days=30))
    about: dict[str, Any] = {"purpose": ASSISTANCE, "legal_basis": "Decree 7", "until_time": until}
    request = pb.AskForShareRequest(
        request_id=request_id(), data_set_id=data_set_id, body_id=body, **about | differently
    )
    return str(planner(running, body, "hao").ask_for_share(request).share.share_id)


def granted(running: Component, owner: str, share_id: str) -> pb.GrantShareResponse:
    request = pb.GrantShareRequest(request_id=request_id(), share_id=share_id)
    return planner(running, owner, "ou").grant_share(request)  # type: ignore[no-any-return] # the stub's answer is Any


def reading(share_id: str, resident_id: str, purpose: Any = ASSISTANCE) -> pb.ReadSharedDataRequest:
    return pb.ReadSharedDataRequest(share_id=share_id, resident_id=resident_id, purpose=purpose)


def records(running: Component, share_id: str) -> list[Any]:
    """The records of readings by a share."""
    return [
        each
        for each in running.opened.ledger.read(limit=100_000)
        if isinstance(each.event, PersonalDataDisclosed) and each.event.reference == share_id
    ]


@pytest.mark.capability("003.7")
def test_a_body_reads_the_fields_of_the_data_set_and_no_others_and_the_record_cites_the_share(
    running: Component, bodies: tuple[str, str], mei: str
) -> None:
    owner, asking = bodies
    worker = as_role(running, "DISPATCHER", "la/willow", "clerk")
    household = form(worker, build(worker, "willow"), mei)
    visit(worker, fact("LIVES_ALONE", "yes", mei), fact("BEDRIDDEN", "no", mei), household_id=household)
    share_id = asked(running, defined(running, owner), asking)
    granted(running, owner, share_id)

    read = officer(running, asking).read_shared_data(reading(share_id, mei))

    assert (read.name, read.phone, read.address) == ("Mei Lan", "", "")
    assert [(each.field, each.value) for each in read.facts] == [(ALONE, "yes")]
    [record] = records(running, share_id)
    assert (record.metadata.actor, record.event.subject_ids) == ("officer-of-health", (mei,))
    assert (record.event.purpose, record.event.classes) == ("ASSISTANCE", ("NAME", "HOUSEHOLD"))
    assert record.event.body_ids == (asking,)


@pytest.mark.capability("003.7")
def test_a_reading_that_finds_nothing_is_recorded_with_what_was_asked(
    running: Component, bodies: tuple[str, str], mei: str
) -> None:
    owner, asking = bodies
    share_id = asked(running, defined(running, owner, pb.DATA_FIELD_PREGNANT), asking)
    granted(running, owner, share_id)

    read = officer(running, asking).read_shared_data(reading(share_id, mei))

    assert read == pb.ReadSharedDataResponse(resident_id=mei)
    [record] = records(running, share_id)
    assert (record.event.subject_ids, record.event.classes) == ((mei,), ("HOUSEHOLD",))


@pytest.mark.capability("003.7")
def test_nothing_is_read_before_it_is_granted_nor_after_it_was_refused_ended_or_is_over(
    running: Component, bodies: tuple[str, str], mei: str
) -> None:
    owner, asking = bodies
    data_set, reader = defined(running, owner), officer(running, asking)
    share_id, other = asked(running, data_set, asking), asked(running, data_set, asking)
    refusing = pb.RefuseShareRequest(request_id=request_id(), share_id=other)
    ahead = asked(running, data_set, asking, since_time=stamp(datetime.now(UTC) + timedelta(days=1)))
    granted(running, owner, ahead)

    with refused("SHARE_NOT_IN_FORCE"):
        reader.read_shared_data(reading(share_id, mei))
    planner(running, owner, "ou").refuse_share(refusing)
    for closed in (other, ahead):
        with refused("SHARE_NOT_IN_FORCE"):
            reader.read_shared_data(reading(closed, mei))
    granted(running, owner, share_id)
    assert reader.read_shared_data(reading(share_id, mei)).name == "Mei Lan"
    ending = pb.EndShareRequest(request_id=request_id(), share_id=share_id)
    planner(running, asking, "hao").end_share(ending)
    with refused("SHARE_NOT_IN_FORCE"):
        reader.read_shared_data(reading(share_id, mei))


@pytest.mark.capability("003.7")
def test_who_asked_does_not_grant_and_nobody_grants_or_reads_for_another_body(
    running: Component, bodies: tuple[str, str], mei: str
) -> None:
    owner, asking = bodies
    share_id = asked(running, defined(running, owner), asking)
    granting = pb.GrantShareRequest(request_id=request_id(), share_id=share_id)

    with refused("NOT_FOR_YOURSELF"):
        planner(running, owner, "hao").grant_share(granting)
    with refused("OUT_OF_REACH"):
        planner(running, asking, "somebody").grant_share(granting)
    granted(running, owner, share_id)
    with refused("OUT_OF_REACH"):
        officer(running, owner).read_shared_data(reading(share_id, mei))
    with refused("SHARE_PURPOSE_OTHER"):
        officer(running, asking).read_shared_data(reading(share_id, mei, AUDIT))
    with refused("SHARE_UNKNOWN"):
        officer(running, asking).read_shared_data(reading("no-share", mei))
    with refused("OUT_OF_REACH"):
        planner(running, owner, "ou").define_data_set(  # what it may hand on, no body says by itself
            pb.DefineDataSetRequest(
                request_id=request_id(),
                data_set_id="not-ours",
                owner_body_id=owner,
                name=LocalizedText(en="x"),
                data_fields=[NAME],
                legal_basis="none",
            )
        )


@pytest.mark.capability("003.7")
def test_whoever_has_a_grant_for_the_area_alone_works_for_neither_body(
    running: Component, bodies: tuple[str, str], mei: str
) -> None:
    owner, asking = bodies
    data_set = defined(running, owner, area_id="willow")
    share_id = asked(running, data_set, asking)
    planner_of_all = as_role(running, "PLANNER", "la", subject="ou")
    asking_for_health = pb.AskForShareRequest(
        request_id=request_id(),
        data_set_id=data_set,
        body_id=asking,
        purpose=ASSISTANCE,
        legal_basis="Decree 7",
        until_time=stamp(datetime.now(UTC) + timedelta(days=30)),
    )

    with refused("OUT_OF_REACH"):
        planner_of_all.ask_for_share(asking_for_health)
    with refused("OUT_OF_REACH"):
        planner_of_all.grant_share(pb.GrantShareRequest(request_id=request_id(), share_id=share_id))
    operator_of(running).grant_share(pb.GrantShareRequest(request_id=request_id(), share_id=share_id))
    for outside in ({"path": "la"}, {}, {"path": "la/elm", "body": asking}, {"path": "la", "body": owner}):
        with refused("OUT_OF_REACH"):
            as_role(running, "CASE_OFFICER", subject="somebody", **outside).read_shared_data(
                reading(share_id, mei)
            )
    of_the_area = as_role(running, "CASE_OFFICER", "la/willow", subject="somebody", body=asking)
    assert of_the_area.read_shared_data(reading(share_id, mei)).name == "Mei Lan"


def test_a_data_set_of_one_area_tells_nothing_of_people_elsewhere_nor_of_the_erased(
    running: Component, bodies: tuple[str, str], mei: str
) -> None:
    owner, asking = bodies
    of_elm = asked(running, defined(running, owner, area_id="elm"), asking)
    of_all = asked(running, defined(running, owner), asking)
    for share_id in (of_elm, of_all):
        granted(running, owner, share_id)

    with refused("PARTY_UNKNOWN"):
        officer(running, asking).read_shared_data(reading(of_elm, mei))
    as_role(running, "DATA_PROTECTION_OFFICER").erase_subject(
        service.EraseSubjectRequest(request_id=request_id(), subject_id=mei, reason="asked")
    )
    with refused("PARTY_UNKNOWN"):
        officer(running, asking).read_shared_data(reading(of_all, mei))


@pytest.mark.capability("003.7")
def test_what_two_bodies_collect_is_listed_and_so_are_data_sets_and_shares(
    running: Component, bodies: tuple[str, str]
) -> None:
    owner, asking = bodies
    ours, theirs = defined(running, owner, PHONE), defined(running, asking, PHONE)
    share_id = asked(running, ours, asking)
    newest = granted(running, owner, share_id).revision
    reader = officer(running, asking)

    twice = reader.list_fields_collected_twice(pb.ListFieldsCollectedTwiceRequest(at_least=newest)).fields
    by_field = {each.field.field: {one.data_set_id for one in each.data_sets} for each in twice}
    sets = reader.list_data_sets(pb.ListDataSetsRequest(filter=f'body_id = "{owner}"', page_size=1000))
    shares = reader.list_shares(pb.ListSharesRequest(filter=f'data_set_id = "{ours}"')).shares

    assert {ours, theirs} <= by_field[PHONE]
    [classified] = {each.field.personal_class for each in twice if each.field.field == PHONE}
    assert classified == privacy.PERSONAL_CLASS_CONTACT
    assert ours in {each.data_set_id for each in sets.data_sets}
    assert theirs not in {each.data_set_id for each in sets.data_sets}
    [share] = shares
    assert (share.share_id, share.state, share.decided_by_id) == (share_id, pb.SHARE_STATE_GRANTED, "ou")
    assert not as_role(running, "CASE_OFFICER", body="another").list_shares(pb.ListSharesRequest()).shares
    assert_rebuilt_equals_live(running.opened.ledger, [sharing.VIEW])
