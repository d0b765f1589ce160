"""Who may do what, and how far their grants reach."""

import re
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli.options.v1 import access_pb2

from libs.ledger.decider import Refusal
from libs.query.reach import Limit, Reach
from libs.rpc.access import (
    CLIENT,
    PERSON,
    UNPRIVILEGED,
    Grant,
    caller_of,
    roles_never_with,
    roles_of_two_persons,
    roles_to_grant,
    scopes_of_roles,
)

paths = st.sampled_from(["la", "la/a", "la/a/x", "la/ab", "la/a_", "la/ax", "la/b", "sf", None])
bodies = st.sampled_from(["lasan", "bos", None])
limits = st.builds(Limit, st.sampled_from(["", "la", "la/a", "la/a_", "sf"]), st.sampled_from(["", "lasan"]))


def test_an_area_covers_itself_and_all_below_but_not_its_namesakes() -> None:
    reach = Reach((Limit(path="la/central"),))

    assert reach.covers(area_path="la/central")
    assert reach.covers(area_path="la/central/nc-12")
    assert not reach.covers(area_path="la")
    assert not reach.covers(area_path="la/central-east")
    assert not reach.covers(area_path=None)


def test_a_grant_for_a_body_within_an_area_needs_both() -> None:
    reach = Reach((Limit(path="la/central", body="lasan"),))

    assert reach.covers(area_path="la/central/nc-12", body="lasan")
    assert not reach.covers(area_path="la/central/nc-12", body="bos")
    assert not reach.covers(area_path="la/harbor", body="lasan")
    assert not reach.covers(body="lasan")


def test_what_has_no_body_is_covered_by_the_areas_of_grants_and_by_no_grant_for_a_body_alone() -> None:
    cell, body, city = Limit(path="la/central", body="lasan"), Limit(body="lasan"), Limit(path="la")

    assert Reach((cell,)).by_area.covers(area_path="la/central/nc-12")
    assert not Reach((cell,)).by_area.covers(area_path="la/harbor")
    assert not Reach((body,)).by_area.covers(area_path="la/central")
    assert Reach((city, body)).by_area == Reach((city,))
    assert Reach((Limit(),)).by_area.everything


def test_only_grants_for_a_body_make_one_work_for_it() -> None:
    here, city = Limit(path="la/central", body="lasan"), Limit(path="la")

    assert Reach((here, city, Limit())).working_for("lasan") == Reach((here,))
    with pytest.raises(Refusal, match="your grants do not cover"):
        Reach((here, city, Limit())).working_for("bos")


def test_a_grant_without_limits_covers_everything() -> None:
    assert Reach((Limit(),)).covers()
    assert Reach((Limit(),)).everything


def test_no_grant_covers_nothing() -> None:
    assert not Reach().covers(area_path="la", body="lasan")
    assert Reach().condition(area_column="area_path").sql == "false"


def test_a_persons_scopes_follow_from_roles_each_with_its_own_reach() -> None:
    caller = caller_of(
        "p1", PERSON, [Grant("DISPATCHER", path="la/central"), Grant("SUPERVISOR")], scopes=["operations"]
    )

    assert caller.reach("cases.dispatch") == Reach((Limit("la/central"),))
    assert caller.reach("supervision.audit").everything
    assert not caller.has("operations")
    assert caller.roles == ("DISPATCHER", "SUPERVISOR")


def test_a_client_has_the_scopes_of_its_token_where_its_grants_reach() -> None:
    caller = caller_of("c1", CLIENT, [Grant("PARTNER", body="lasan")], scopes=["cases.read"])

    assert caller.scopes == {"cases.read"}
    assert caller.reach("cases.read").bodies == ("lasan",)


def test_a_client_without_grants_reaches_nothing() -> None:
    caller = caller_of("c1", CLIENT, [], scopes=["cases.read"])

    assert caller.has("cases.read")
    assert not caller.reach("cases.read").covers(area_path="la")


def test_an_unknown_role_gives_nothing() -> None:
    assert caller_of("p1", PERSON, [Grant("EMPEROR")]).scopes == frozenset()


def test_every_role_of_the_proto_gives_scopes() -> None:
    assert len(scopes_of_roles()) == 11
    assert all(scopes_of_roles().values())
    assert all(scope == scope.strip() for scopes in scopes_of_roles().values() for scope in scopes)


# who may grant


def test_a_person_grants_by_one_of_their_roles_where_that_one_reaches() -> None:
    caller = caller_of("p1", PERSON, [Grant("OPERATOR", path="la/central"), Grant("SUPERVISOR")])

    assert caller.may_grant("CASE_OFFICER", area_path="la/central/nc-12")
    assert not caller.may_grant("CASE_OFFICER", area_path="la/harbor")
    assert not caller.may_grant("CASE_OFFICER", body="lasan")
    assert not caller.may_grant("CASE_OFFICER")


def test_whose_roles_grant_nothing_grants_not_even_what_they_hold() -> None:
    everything_else = [Grant(role) for role in scopes_of_roles() if role != "OPERATOR"]
    caller = caller_of("p1", PERSON, everything_else)

    assert [role for role in scopes_of_roles() if caller.may_grant(role)] == []


def test_a_client_grants_only_roles_whose_every_scope_it_holds() -> None:
    officer = scopes_of_roles()["CASE_OFFICER"]
    within = [Grant("PARTNER", path="la/central")]

    whole = caller_of("c1", CLIENT, within, scopes={*officer, "roles.write"})
    part = caller_of("c1", CLIENT, within, scopes={*officer, "roles.write"} - {"cases.work"})

    assert whole.may_grant("CASE_OFFICER", area_path="la/central")
    assert not whole.may_grant("CASE_OFFICER", area_path="la")
    assert not part.may_grant("CASE_OFFICER", area_path="la/central")


def test_no_client_grants_a_role_that_takes_two_persons() -> None:
    everything = frozenset().union(*scopes_of_roles().values())
    caller = caller_of("c1", CLIENT, [Grant("PARTNER")], scopes=everything)

    assert roles_of_two_persons() == {"OPERATOR", "DATA_PROTECTION_OFFICER"}
    assert {role for role in scopes_of_roles() if not caller.may_grant(role)} == roles_of_two_persons()


def test_only_known_roles_are_granted_or_excluded() -> None:
    for table in (roles_to_grant(), roles_never_with()):
        assert table.keys() == scopes_of_roles().keys()
        assert frozenset().union(*table.values()) <= scopes_of_roles().keys()
    assert all(
        role in roles_never_with()[other] for role, others in roles_never_with().items() for other in others
    )
    assert not caller_of("p1", PERSON, [Grant("OPERATOR")]).may_grant("EMPEROR")


@pytest.fixture(scope="module")
def things(module_database: str) -> psycopg.Connection:
    connection = psycopg.connect(module_database, autocommit=True)
    connection.execute("CREATE TEMP TABLE things (area_path text, body_id text)")
    return connection


@given(held=st.lists(limits, max_size=3), area_path=paths, body=bodies)
def test_the_sql_of_a_reach_finds_just_what_it_covers(
    things: psycopg.Connection, held: list[Limit], area_path: str | None, body: str | None
) -> None:
    reach = Reach(tuple(held))
    things.execute("TRUNCATE things")
    things.execute("INSERT INTO things VALUES (%s, %s)", (area_path, body))

    where = reach.condition(area_column="area_path", body_column="body_id")
    found = things.execute(f"SELECT 1 FROM things WHERE {where.sql}".encode(), where.params).fetchall()

    assert bool(found) == reach.covers(area_path=area_path, body=body)


def test_partners_read_which_scopes_are_without_privilege() -> None:
    proto = Path(access_pb2.DESCRIPTOR.name)
    written = (Path(__file__).parents[3] / "proto" / proto).read_text("utf-8")

    [named] = re.findall(r"Scopes without privilege: ([a-z., ]+)\. They", written)

    assert set(named.split(", ")) == UNPRIVILEGED
