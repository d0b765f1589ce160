"""Grants, logins, clients and signing keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.rpc.access import roles_never_with, roles_of_two_persons
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain import access, client, keyring, login
from services.identity.domain.access import (
    AccessEvent,
    EndAccess,
    GrantRole,
    RevokeRole,
    RevokeSessions,
    RoleGranted,
    RoleLent,
    RoleRevoked,
    SessionsRevoked,
)
from services.identity.domain.client import (
    ChangeClientScopes,
    ChangeClientSecret,
    ClientQuotaSet,
    ClientRegistered,
    ClientRetired,
    ClientScopesChanged,
    ClientSecretChanged,
    RegisterClient,
    RetireClient,
    SetClientQuota,
)
from services.identity.domain.keyring import IntroduceSigningKey, SigningKeyIntroduced, SigningKeyRetired
from services.identity.domain.login import CreateLogin, LoginCreated, PasswordSet, SetPassword
from services.identity.domain.values import NEVER_TOGETHER, TWO_PERSONS, Quota, Role, Within, grant_id

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
MEI = some_id("mei")
WITHIN = Within(area_id="nc-47", area_path=AreaPath("la/nc-47"), body_id="bos")
GRANT = grant_id(MEI, Role.CASE_OFFICER, WITHIN)

given_access = deciding(access.ACCESS)
given_login = deciding(login.LOGIN)
given_client = deciding(client.CLIENT)
given_keyring = deciding(keyring.KEYRING)

GRANTED = RoleGranted(party_id=MEI, grant_id=GRANT, role=Role.CASE_OFFICER, within=WITHIN, granted_at=AT)
REVOKED = RoleRevoked(party_id=MEI, grant_id=GRANT, role=Role.CASE_OFFICER, within=WITHIN, revoked_at=AT)
SESSIONS = SessionsRevoked(subject=MEI, before=AT)
GRANT_ROLE = GrantRole(party_id=MEI, role=Role.CASE_OFFICER, within=WITHIN, at=AT)


def test_a_role_is_granted_once() -> None:
    given_access().when(GRANT_ROLE).then(GRANTED)
    given_access(GRANTED).when(GRANT_ROLE).then_nothing_happens()


def test_the_same_role_elsewhere_is_another_grant() -> None:
    elsewhere = GrantRole(party_id=MEI, role=Role.CASE_OFFICER, within=Within(), at=AT)

    given_access(GRANTED).when(elsewhere).then_state(lambda state: len(state.grants) == 2)


def test_grants_end_where_a_token_has_no_more_room() -> None:
    held: list[AccessEvent] = []
    for number in range(60):
        area = f"community-{number}"
        reach = Within(area_id=area, area_path=AreaPath(f"los-angeles/region/{area}"))
        command = GrantRole(party_id=MEI, role=Role.PLANNER, within=reach, at=AT)
        outcome = given_access(*held).when(command)
        if outcome.refusal:
            break
        held += outcome.events

    outcome.then_refused("GRANTS_TOO_MANY", Kind.PRECONDITION)
    assert len(held) > 30


@pytest.mark.parametrize("role", sorted(TWO_PERSONS))
def test_nobody_grants_alone_what_takes_two_persons(role: Role) -> None:
    alone = GrantRole(party_id=MEI, role=role, within=Within(), at=AT)

    given_access().when(alone).then_refused("TWO_PERSONS_NEEDED", Kind.PRECONDITION)
    given_access().when(replace(alone, agreed=True)).then_state(lambda state: len(state.grants) == 1)


@pytest.mark.parametrize(("first", "second"), list(permutations(sorted(TWO_PERSONS))))
def test_operator_and_data_protection_officer_never_meet_in_one_party(first: Role, second: Role) -> None:
    here = Within(area_id="nc-47", area_path=AreaPath("la/nc-47"))
    grant = GrantRole(party_id=MEI, role=first, within=here, at=AT, agreed=True)
    held = given_access().when(grant).events

    elsewhere = GrantRole(party_id=MEI, role=second, within=WITHIN, at=AT, agreed=True)
    given_access(*held).when(elsewhere).then_refused("ROLES_EXCLUDE_EACH_OTHER", Kind.PRECONDITION)
    ended = given_access(*held).when(EndAccess(party_id=MEI, at=AT)).events
    given_access(*held, *ended).when(elsewhere).then_state(lambda state: len(state.grants) == 1)


def test_the_domain_knows_the_same_rules_as_the_contract() -> None:
    assert {role.value for role in TWO_PERSONS} == roles_of_two_persons()
    assert {
        role.value: {other.value for roles in NEVER_TOGETHER if role in roles for other in roles - {role}}
        for role in Role
    } == roles_never_with()


def test_revoking_a_role_ends_the_sessions_that_carry_it() -> None:
    given_access(GRANTED).when(RevokeRole(grant_id=GRANT, at=AT)).then(REVOKED, SESSIONS)


def test_a_grant_that_is_not_held_cannot_be_revoked() -> None:
    again = given_access(GRANTED, REVOKED).when(RevokeRole(grant_id=GRANT, at=AT))

    again.then_refused("GRANT_UNKNOWN", Kind.NOT_FOUND)


def test_a_revoked_role_can_be_granted_again() -> None:
    given_access(GRANTED, REVOKED, SESSIONS).when(GRANT_ROLE).then(GRANTED)


YEAR = timedelta(days=365)
LENT = RoleLent(
    party_id=MEI, grant_id=GRANT, role=Role.CASE_OFFICER, within=WITHIN, granted_at=AT, until=AT + YEAR
)
LEND_ROLE = replace(GRANT_ROLE, until=AT + YEAR)


def test_a_role_is_lent_until_a_moment_and_no_longer() -> None:
    lent = given_access().when(LEND_ROLE)

    lent.then(LENT)
    lent.then_state(lambda state: set(state.held(AT + YEAR - timedelta(microseconds=1))) == {GRANT})
    lent.then_state(lambda state: not state.held(AT + YEAR))
    given_access(LENT).when(LEND_ROLE).then_nothing_happens()


@pytest.mark.parametrize("until", [AT, AT - timedelta(days=1)])
def test_nothing_is_lent_that_would_never_be_held(until: datetime) -> None:
    never = given_access().when(replace(LEND_ROLE, until=until))

    never.then_refused("GRANT_ENDS_IN_THE_PAST", Kind.INVALID)


def test_a_grant_gets_a_later_end_and_tokens_stay_good() -> None:
    longer = replace(LEND_ROLE, until=AT + 2 * YEAR)

    given_access(LENT).when(longer).then(replace(LENT, until=AT + 2 * YEAR))
    given_access(LENT).when(GRANT_ROLE).then(GRANTED)


def test_a_nearer_end_ends_the_sessions_that_would_outlive_it() -> None:
    nearer = replace(LENT, until=AT + timedelta(hours=1))

    given_access(LENT).when(replace(LEND_ROLE, until=nearer.until)).then(nearer, SESSIONS)
    given_access(GRANTED).when(LEND_ROLE).then(LENT, SESSIONS)


def test_a_grant_that_has_ended_is_granted_anew_and_cannot_be_revoked() -> None:
    later = AT + YEAR

    given_access(LENT).when(RevokeRole(grant_id=GRANT, at=later)).then_refused(
        "GRANT_UNKNOWN", Kind.NOT_FOUND
    )
    given_access(LENT).when(replace(GRANT_ROLE, at=later)).then(replace(GRANTED, granted_at=later))


def test_a_grant_that_has_ended_takes_no_room_and_excludes_no_role() -> None:
    officer = GrantRole(
        party_id=MEI, role=Role.DATA_PROTECTION_OFFICER, within=WITHIN, at=AT, agreed=True, until=AT + YEAR
    )
    operator = replace(officer, role=Role.OPERATOR, until=None)
    held = given_access().when(officer).events

    given_access(*held).when(operator).then_refused("ROLES_EXCLUDE_EACH_OTHER", Kind.PRECONDITION)
    granted = given_access(*held).when(replace(operator, at=AT + YEAR))
    granted.then_state(lambda state: {each.role for each in state.grants.values()} == {Role.OPERATOR})


def test_ending_access_ends_what_was_lent() -> None:
    given_access(LENT).when(EndAccess(party_id=MEI, at=AT)).then(REVOKED, SESSIONS)


def test_revoking_sessions_keeps_the_roles() -> None:
    outcome = given_access(GRANTED).when(RevokeSessions(party_id=MEI, at=AT))

    outcome.then(SESSIONS)
    outcome.then_state(lambda state: GRANT in state.grants and state.revoked_before == AT)


def test_ending_access_ends_roles_and_sessions() -> None:
    given_access(GRANTED).when(EndAccess(party_id=MEI, at=AT)).then(REVOKED, SESSIONS)
    given_access().when(EndAccess(party_id=MEI, at=AT)).then(SESSIONS)


LOGIN = some_id("login of mei")


def created(hashed: str | None = "hash 1") -> LoginCreated:
    return LoginCreated(
        login_id=LOGIN,
        party_id=MEI,
        login_name=Personal(MEI, "mei"),
        password_hash=Personal(MEI, hashed),
        created_at=AT,
    )


CREATE = CreateLogin(
    login_id=LOGIN,
    party_id=MEI,
    login_name=Personal(MEI, "mei"),
    password_hash=Personal(MEI, "hash 1"),
    at=AT,
)
SET = SetPassword(password_hash=Personal(MEI, "hash 2"), at=AT)


def test_a_login_name_is_used_once() -> None:
    given_login().when(CREATE).then(created())
    given_login(created()).when(CREATE).then_refused("LOGIN_NAME_TAKEN", Kind.ALREADY_EXISTS)


def test_the_name_of_an_erased_person_is_free_again() -> None:
    given_login(created(hashed=None)).when(CREATE).then(created())


def test_a_password_replaces_the_one_before() -> None:
    outcome = given_login(created()).when(SET)

    outcome.then(PasswordSet(login_id=LOGIN, party_id=MEI, password_hash=Personal(MEI, "hash 2"), set_at=AT))


def test_nobody_and_the_erased_have_no_password() -> None:
    given_login().when(SET).then_refused("LOGIN_UNKNOWN", Kind.NOT_FOUND)
    given_login(created(hashed=None)).when(SET).then_refused("LOGIN_UNKNOWN")


CLIENT = some_id("client of a partner")
HASH = Personal(f"client-{CLIENT}", "hash 1")


def registered() -> ClientRegistered:
    return ClientRegistered(
        client_id=CLIENT,
        name="a partner's system",
        role=Role.PARTNER,
        scopes=("cases.open",),
        within=WITHIN,
        secret_hash=HASH,
        registered_at=AT,
    )


REGISTER = RegisterClient(
    client_id=CLIENT,
    name="a partner's system",
    role=Role.PARTNER,
    scopes=("cases.open",),
    within=WITHIN,
    secret_hash=HASH,
    at=AT,
)
RETIRED = ClientRetired(client_id=CLIENT, retired_at=AT)


def test_a_client_is_registered_once() -> None:
    given_client().when(REGISTER).then(registered())
    given_client(registered()).when(REGISTER).then_refused("CLIENT_EXISTS")


def test_a_client_gets_another_secret() -> None:
    other = Personal(f"client-{CLIENT}", "hash 2")

    outcome = given_client(registered()).when(ChangeClientSecret(client_id=CLIENT, secret_hash=other, at=AT))

    outcome.then(ClientSecretChanged(client_id=CLIENT, secret_hash=other, changed_at=AT))
    outcome.then_state(lambda state: isinstance(state, client.Active) and state.secret_hash == other)


def test_scopes_change_only_if_they_differ() -> None:
    more = ("cases.open", "cases.read")

    given_client(registered()).when(
        ChangeClientScopes(client_id=CLIENT, scopes=("cases.open",), at=AT)
    ).then_nothing_happens()
    given_client(registered()).when(ChangeClientScopes(client_id=CLIENT, scopes=more, at=AT)).then(
        ClientScopesChanged(client_id=CLIENT, scopes=more, changed_at=AT)
    )


MUCH = Quota(calls_per_second=500, concurrent_calls=64, streams=16)
MUCH_SET = ClientQuotaSet(client_id=CLIENT, quota=MUCH, set_at=AT)


def test_a_client_is_registered_with_a_quota_if_it_is_given_one() -> None:
    given_client().when(replace(REGISTER, quota=MUCH)).then(registered(), MUCH_SET)


def test_a_quota_changes_only_if_it_differs() -> None:
    much = SetClientQuota(client_id=CLIENT, quota=MUCH, at=AT)
    usual = SetClientQuota(client_id=CLIENT, quota=None, at=AT)

    given_client(registered()).when(usual).then_nothing_happens()
    given_client(registered()).when(much).then(MUCH_SET)
    given_client(registered(), MUCH_SET).when(much).then_nothing_happens()
    given_client(registered(), MUCH_SET).when(usual).then(replace(MUCH_SET, quota=None))


def test_a_retired_client_gets_no_quota() -> None:
    much = SetClientQuota(client_id=CLIENT, quota=MUCH, at=AT)

    given_client(registered(), RETIRED).when(much).then_refused("CLIENT_UNKNOWN", client_id=CLIENT)
    given_client().when(much).then_refused("CLIENT_UNKNOWN", client_id=CLIENT)


def test_a_client_retires_for_good() -> None:
    retire = RetireClient(client_id=CLIENT, at=AT)
    change = ChangeClientSecret(client_id=CLIENT, secret_hash=HASH, at=AT)

    given_client(registered()).when(retire).then(RETIRED)
    given_client(registered(), RETIRED).when(retire).then_nothing_happens()
    given_client(registered(), RETIRED).when(change).then_refused("CLIENT_UNKNOWN", client_id=CLIENT)
    given_client().when(retire).then_refused("CLIENT_UNKNOWN", client_id=CLIENT)


def introduce(name: str, at: datetime = AT, retire_earlier: bool = False) -> IntroduceSigningKey:
    return IntroduceSigningKey(
        key_id=name, generation=1, public_key=f"x of {name}", retire_earlier=retire_earlier, at=at
    )


def introduced(name: str, at: datetime = AT) -> SigningKeyIntroduced:
    return SigningKeyIntroduced(key_id=name, generation=1, public_key=f"x of {name}", introduced_at=at)


HOUR = timedelta(hours=1)


def signing_at(ring: keyring.Keyring, moment: datetime) -> str:
    key = ring.signing(moment)
    return key.key_id if key else "none"


def test_a_new_key_signs_when_verifiers_have_had_time_to_learn_of_it() -> None:
    outcome = given_keyring(introduced("one")).when(introduce("two", AT + HOUR))

    outcome.then(introduced("two", AT + HOUR))
    assert signing_at(outcome.state, AT + HOUR) == "one"
    assert signing_at(outcome.state, AT + HOUR + keyring.LEAD) == "two"


def test_the_only_key_signs_at_once() -> None:
    assert signing_at(given_keyring(introduced("one")).state, AT) == "one"
    assert signing_at(given_keyring().state, AT) == "none"


def test_the_key_that_signs_already_changes_nothing() -> None:
    given_keyring(introduced("one")).when(introduce("one")).then_nothing_happens()


def test_a_replaced_key_is_trusted_for_the_life_of_a_token() -> None:
    ring = given_keyring(introduced("one"), introduced("two", AT + HOUR)).state

    within = ring.trusted(AT + 2 * HOUR, HOUR)
    after = ring.trusted(AT + 2 * HOUR + keyring.LEAD, HOUR)

    assert [key.key_id for key in within] == ["one", "two"]
    assert [key.key_id for key in after] == ["two"]


def test_retiring_earlier_keys_withdraws_trust_at_once() -> None:
    outcome = given_keyring(introduced("one")).when(introduce("two", retire_earlier=True))

    outcome.then(introduced("two"), SigningKeyRetired(key_id="one", retired_at=AT))
    outcome.then_state(lambda ring: [key.key_id for key in ring.trusted(AT, HOUR)] == ["two"])
    assert signing_at(outcome.state, AT) == "two"
