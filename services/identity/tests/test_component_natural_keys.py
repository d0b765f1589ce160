"""Several natural keys of one person, over the real wire: found by each, claimed once, released, erased."""

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.failures import RpcFailed
from libs.rpc.keys import SigningKey
from libs.runtime.host import operate_claims
from libs.testkit.component import MASTER_KEY, Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from services.identity.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["IdentityService"]
KEY = SigningKey.generate()
ENVIRON = {"LINLI_IDENTITY_SIGNING_KEY": KEY.pem().decode()}
request_id = Ids("natural keys component")
fresh = Ids("numbers of people")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        define_areas(service)
        yield service


def define_areas(running: Component) -> None:
    """Pine, with an east and a west."""
    planner = as_role(running, "PLANNER")
    levels = (types.AREA_LEVEL_DISTRICT, types.AREA_LEVEL_COMMUNITY)
    for area_id, parent_id in (("pine", ""), ("east", "pine"), ("west", "pine")):
        asked = pb.DefineAreaRequest(
            request_id=request_id(),
            area_id=area_id,
            parent_id=parent_id,
            level=levels[bool(parent_id)],
            name=LocalizedText(en=area_id),
        )
        planner.define_area(asked)


@pytest.fixture
def east(running: Component) -> Any:
    return as_role(running, "GRID_WORKER", "pine/east")


@pytest.fixture
def west(running: Component) -> Any:
    return as_role(running, "GRID_WORKER", "pine/west")


def as_role(running: Component, role: str, path: str = "", subject: str = "") -> Any:
    token = Mint(KEY).person(role, area=path.rpartition("/")[2], path=path, subject=subject)
    return running.client(token).service(DESCRIPTOR)


def refused(reason: str) -> Any:
    """The call inside is refused for this reason."""
    return pytest.raises(RpcFailed, check=lambda failed: failed.reason == reason)


def papers(value: str = "") -> types.NaturalKey:
    return types.NaturalKey(kind=types.KEY_KIND_NATIONAL_ID, value=value or fresh())


def email(value: str = "") -> types.NaturalKey:
    return types.NaturalKey(kind=types.KEY_KIND_EMAIL, value=value or f"{fresh()}@example.org")


def phone(value: str) -> types.NaturalKey:
    return types.NaturalKey(kind=types.KEY_KIND_PHONE, value=value)


def page(value: str) -> types.NaturalKey:
    return types.NaturalKey(kind=types.KEY_KIND_HOUSEHOLD_REGISTER, value=value)


def register(stub: Any, *keys: types.NaturalKey, area_id: str = "east", same: str = "") -> Any:
    first, *more = keys
    return stub.register_resident(
        pb.RegisterResidentRequest(
            request_id=same or request_id(),
            natural_key=first,
            more_natural_keys=more,
            name="梅兰",
            area_id=area_id,
        )
    )


def add(stub: Any, resident_id: str, key: types.NaturalKey, same: str = "") -> Any:
    asked = pb.AddNaturalKeyRequest(
        request_id=same or request_id(), resident_id=resident_id, natural_key=key, reason="shown at the desk"
    )
    return stub.add_natural_key(asked)


def release(stub: Any, resident_id: str, key: types.NaturalKey | str) -> Any:
    named: dict[str, Any] = {"key_id": key} if isinstance(key, str) else {"natural_key": key}
    asked = pb.ReleaseNaturalKeyRequest(
        request_id=request_id(), resident_id=resident_id, reason="a mistake", **named
    )
    return stub.release_natural_key(asked)


def kinds(changed: Any) -> list[int]:
    return [each.kind for each in changed.natural_keys]


@pytest.mark.capability("000.1")
def test_any_key_in_any_way_of_writing_finds_the_person(east: Any) -> None:
    number = fresh()
    mei = register(east, papers(number), phone("+86 138 0013 8001"), email("Mei.Lan@example.org"))
    add(east, mei.resident_id, page("110105-0012345/3"))

    found = [
        register(east, key)
        for key in (
            papers(f" {number[:4]}-{number[4:].upper()} "),
            phone("0086 13800138001"),
            email("mei.lan@EXAMPLE.org"),
            page("1101050012345 / 03"),
        )
    ]

    assert not mei.existing
    assert {each.resident_id for each in found} == {mei.resident_id}
    assert all(each.existing and not each.left_out_kinds for each in found)


@pytest.mark.capability("000.1")
def test_of_32_clients_who_register_one_person_by_different_keys_all_get_the_same_id(
    running: Component, east: Any
) -> None:
    keys = [papers("R-32"), phone("+86 138 0013 8032"), email("thirty.two@example.org")]
    spelled = {0: papers("r 32"), 1: phone("008613800138032"), 2: email("Thirty.Two@Example.Org")}
    ready, chance = threading.Barrier(32), random.Random(32)
    pairs = [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2), (0, 1, 2), (2, 0, 1)]
    asked = [[chance.choice((keys[n], spelled[n])) for n in pairs[each % 8]] for each in range(32)]

    def client(mine: Sequence[types.NaturalKey]) -> Any:
        stub = as_role(running, "GRID_WORKER", "pine/east")
        ready.wait()
        return register(stub, *mine)

    with ThreadPoolExecutor(32) as threads:
        told = [each.result() for each in [threads.submit(client, mine) for mine in asked]]

    assert len({each.resident_id for each in told}) == 1
    assert sum(not each.existing for each in told) == 1
    assert {register(east, key).resident_id for key in keys} == {told[0].resident_id}
    with running.opened.ledger.connection() as connection:
        row = connection.execute(
            "SELECT count(*) AS n FROM claims WHERE holder = %s", [told[0].resident_id]
        ).fetchone()
    assert row == {"n": 3}


def test_of_two_people_who_get_one_key_at_once_one_is_refused(east: Any) -> None:
    people = [register(east, papers()).resident_id for _ in range(16)]
    wanted, ready = email(), threading.Barrier(16)

    def client(resident_id: str) -> str:
        ready.wait()
        try:
            add(east, resident_id, wanted)
        except RpcFailed as failed:
            return failed.reason
        return resident_id

    with ThreadPoolExecutor(16) as threads:
        told = list(threads.map(client, people))

    assert told.count("NATURAL_KEY_TAKEN") == 15
    assert register(east, wanted).resident_id in told


def test_a_key_of_somebody_else_is_refused_without_saying_whose(east: Any, west: Any) -> None:
    theirs = email()
    other = register(west, theirs, area_id="west").resident_id
    mei = register(east, papers()).resident_id

    with refused("NATURAL_KEY_TAKEN") as failed:
        add(east, mei, theirs)

    assert failed.value.code is grpc.StatusCode.ALREADY_EXISTS
    assert other not in f"{failed.value} {failed.value.message} {failed.value.metadata}"
    assert "west" not in failed.value.message


def test_keys_of_two_people_register_nobody(east: Any) -> None:
    mei, bo = papers(), papers()
    ids = {register(east, mei).resident_id, register(east, bo).resident_id}

    with refused("NATURAL_KEYS_OF_SEVERAL") as failed:
        register(east, email(), mei, bo)

    assert not any(each in str(failed.value) for each in ids)


def test_a_phone_that_two_people_share_makes_them_no_one_person(east: Any, west: Any) -> None:
    of_both, of_mother, of_daughter = phone("+8613900001111"), papers(), papers()
    mother = register(east, of_mother, of_both).resident_id

    for clerk, area_id in ((east, "east"), (west, "west")):
        with refused("NATIONAL_ID_DIFFERS"):
            register(clerk, of_daughter, of_both, area_id=area_id)

    assert register(east, of_daughter).resident_id != mother


def test_whoever_registers_elsewhere_finds_a_person_and_gives_them_no_keys(east: Any, west: Any) -> None:
    known, of_an_attacker = papers(), email()
    mei = register(east, known).resident_id

    found = register(west, of_an_attacker, known, area_id="west")

    assert (found.resident_id, found.existing) == (mei, True)
    assert list(found.left_out_kinds) == [types.KEY_KIND_EMAIL]
    assert register(west, of_an_attacker, area_id="west").resident_id != mei
    with refused("OUT_OF_REACH"):
        add(west, mei, email())
    with refused("OUT_OF_REACH"):
        release(west, mei, known)


def test_a_registration_gives_its_further_keys_to_whom_it_finds_within_reach(east: Any) -> None:
    known, new = papers(), email()
    mei = register(east, known).resident_id

    found = register(east, new, known)

    assert found.existing
    assert register(east, new).resident_id == mei


def test_a_key_typed_wrong_is_released_by_its_id_and_is_free_for_its_owner(
    running: Component, east: Any
) -> None:
    wrong = papers()
    mei = register(east, wrong).resident_id
    changed = add(east, mei, papers())
    asked = pb.GetResidentRequest(resident_id=mei, purpose=pb.PURPOSE_ASSISTANCE)
    shown = east.get_resident(asked).resident

    left = release(east, mei, shown.natural_keys[0].key_id)

    assert list(shown.natural_keys) == list(changed.natural_keys)
    assert kinds(left) == [types.KEY_KIND_NATIONAL_ID]
    assert left.natural_keys[0] == shown.natural_keys[1]
    owner = register(east, wrong)
    assert not owner.existing
    assert owner.resident_id != mei
    with refused("LAST_NATURAL_KEY"):
        release(east, mei, left.natural_keys[0].key_id)
    with refused("NATURAL_KEY_UNKNOWN"):
        release(east, mei, wrong)
    with refused("NATURAL_KEY_UNKNOWN"):
        release(east, mei, "")


def test_retries_get_the_first_answer(east: Any) -> None:
    registering, adding, keys = request_id(), request_id(), (papers(), email())
    first = register(east, *keys, same=registering)
    added = add(east, first.resident_id, phone("+8613800138077"), same=adding)
    release(east, first.resident_id, keys[1])

    again = register(east, *keys, same=registering)

    assert (again.resident_id, again.existing) == (first.resident_id, False)
    assert add(east, first.resident_id, phone("+8613800138077"), same=adding) == added
    assert not register(east, keys[1]).existing  # the retry has not added it again


@pytest.mark.parametrize(
    "key", [page("110105-0012345"), email("mei"), phone("12345"), papers(" - ")], ids=lambda key: key.value
)
def test_what_is_no_key_of_one_person_is_refused(east: Any, key: types.NaturalKey) -> None:
    mei = register(east, papers()).resident_id

    invalid = pytest.raises(RpcFailed, check=lambda failed: failed.code is grpc.StatusCode.INVALID_ARGUMENT)
    with invalid:
        add(east, mei, key)
    with invalid:
        register(east, papers(), key)


def test_an_erasure_ends_every_key(running: Component, east: Any) -> None:
    keys = [papers(), email(), phone("+8613800138099")]
    mei = register(east, *keys).resident_id
    add(east, mei, page("4711/2"))
    release(east, mei, keys[1])
    guard = as_role(running, "DATA_PROTECTION_OFFICER", "pine")

    guard.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=mei, reason="asked for it")
    )

    found = [register(east, key) for key in (*keys, page("4711/2"))]
    assert not any(each.existing for each in found)
    assert mei not in {each.resident_id for each in found}
    with refused("PARTY_UNKNOWN"):
        add(east, mei, email())


def test_claims_are_rebuilt_as_they_are(running: Component, east: Any) -> None:
    kept, gone = email(), email()
    mei = register(east, papers(), kept, gone).resident_id
    release(east, mei, gone)
    with running.opened.ledger.connection() as connection:
        connection.execute("DELETE FROM claims")
    dsn = running.opened.ledger.settings.dsn

    environ = {"LINLI_DATABASE_URL": dsn, "LINLI_MASTER_KEY": MASTER_KEY}
    assert operate_claims.rebuild_claims(SERVICE, environ) == 0

    assert register(east, kept).resident_id == mei
    assert register(east, gone).resident_id != mei
