"""What an office does about its people: their data, registrations, posts, and what bodies share."""

import base64
import json
from datetime import UTC, datetime, timedelta

from e2e.journeys.office import PASSWORD, UNTIL, Office, body
from libs.rules import totp

REASON = ("--reason", "as agreed")
ASSISTANCE = ("--purpose", "ASSISTANCE")


def rights(office: Office) -> None:
    """All of it."""
    data(office)
    factors(office)
    registrations(office)
    reviews(office)
    posts(office)
    consents(office)
    sharing(office)
    delegations(office)


def data(office: Office) -> None:
    """What is known of a person, and by what they are found."""
    person = office.person("Sun Li")
    renamed = ("--fields", "-", *REASON)
    office.does("person", "correct", person, *renamed, given=json.dumps({"name": "Sun Lili"}))
    told = office.does("person", "history", person, "--purpose", "AUDIT", by="officer")
    assert {"Sun Li", "Sun Lili"} <= {each["name"] for each in told["versions"]}
    key = ("--natural-key-kind", "EMAIL", "--fields", '{"natural_key": {"value": "Li@Example.org"}}')
    office.does("person", "add-key", person, *key)
    again = ("--natural-key-kind", "EMAIL", "--fields", '{"natural_key": {"value": "li@example.org"}}')
    office.does("person", "release-key", person, *again, *REASON)
    assert office.does("person", "invite", person)["invitation_code"]


def factors(office: Office) -> None:
    """A telephone with an authenticator app is lost: two persons let its owner in."""
    person = office.person("He Ping", "he.ping")
    login = {"login_name": "he.ping", "password": PASSWORD}
    first = {"LINLI_PROFILE": "first"}
    secret = office.calls("identity.EnrolSecondFactor", {"request_id": "f-1", **login}, **first)["secret"]
    digits = totp.code_at(base64.b32decode(secret), totp.step_of(datetime.now(UTC)))
    confirming = {"request_id": "f-2", **login, "digits": digits}
    office.calls("identity.ConfirmSecondFactor", confirming, **first)
    asked = office.tries_to_log_in("ping", "he.ping")
    assert "SECOND_FACTOR_NEEDED" in asked.stderr

    reset = office.does("person", "propose-factor-reset", person, *REASON)["reset_id"]
    alone = office.tries("person", "approve-factor-reset", reset, "--yes")
    assert "SECOND_PERSON_NEEDED" in alone.stderr
    office.does("person", "approve-factor-reset", reset, "--yes", by="second")

    office.logs_in("ping", "he.ping")


def registrations(office: Office) -> None:
    """One person, registered twice; and two who are not one after all."""
    twice, once = office.person("Gao Yun"), office.person("Gao Yunn")
    proposed = office.does("merger", "propose", twice, once, *REASON)["merger_id"]
    office.does("merger", "reject", proposed, *REASON)
    proposed = office.does("merger", "propose", twice, once, *REASON)["merger_id"]
    assert (
        "MERGER_TAKES_ANOTHER_PERSON" in office.tries("merger", "approve", proposed, *REASON, "--yes").stderr
    )
    office.does("merger", "approve", proposed, *REASON, "--yes", by="second")
    undone = office.does("merger", "undo", twice, *REASON)["merger_id"]
    office.does("merger", "approve", undone, *REASON, "--yes", by="second")
    states = [each["state"] for each in office.does("merger", "list", "--merged", twice)]
    assert len(states) == 3


def reviews(office: Office) -> None:
    """A grant that nobody confirmed, and what is confirmed."""
    person = office.person("Ma Jun")
    granted = office.does("role", "grant", person, "--role", "ROLE_GRID_WORKER", "--area", "elm")
    grant = granted["grant"]["grant_id"]
    office.does("role", "confirm", person, grant)
    listed = office.does("role", "review", "--not-confirmed-for-days", "1", "--party", person)
    assert listed == [], "it was confirmed today"


def posts(office: Office) -> None:
    """A post, from its foundation to its end."""
    works, holder, next_one = body(office, "posts"), office.person("Lu Ping"), office.person("Lu Yi")
    office.does("member", "admit", holder, works)
    assert [each["party_id"] for each in office.does("member", "list", "--body", works)] == [holder]
    office.does("training", "define-qualification", "welder", "--name-zh", "焊工", "--valid-days", "365")
    assert [each["qualification_id"] for each in office.does("training", "qualifications")] == ["welder"]
    course = ("--title-en", "Welding", "--area", "elm", "--qualification", "welder")
    office.does("training", "define-course", "welding", *course)
    assert [each["course_id"] for each in office.does("training", "courses")] == ["welding"]
    roles = json.dumps({"roles": [{"role": "ROLE_CASE_OFFICER", "area_id": "elm", "body_id": works}]})
    about = ("--body", works, "--title-zh", "水管工", "--area", "elm", "--fields", roles)
    office.does("post", "establish", "plumber", *about)
    office.does("post", "needs", "plumber", "--qualification", "welder")
    lacking = office.tries("post", "appoint", "plumber", holder)
    assert "QUALIFICATIONS_LACKING" in lacking.stderr

    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    office.does("training", "complete", "welding", holder, "--completed", yesterday)
    office.does("training", "certify", next_one, "welder", "--issued", yesterday)
    certificates = office.does("training", "certificates", "--qualification", "welder")
    assert {each["party_id"] for each in certificates} == {holder, next_one}
    office.does("post", "appoint", "plumber", holder)
    office.does("post", "change-term", "plumber", holder, "--until", UNTIL, "--yes")
    office.does("post", "successor", "plumber", "--party", next_one)
    assert [each["holder_id"] for each in office.does("post", "list", "--body", works)] == [holder]
    assert office.does("post", "candidates", "plumber")
    [short] = office.does("post", "shortages", "elm")
    assert (short["qualification_id"], short["posts"], short["covered"]) == ("welder", 1, 1)
    office.does("post", "end-appointment", "plumber", holder, *REASON, "--yes")
    assert office.does("post", "appointments", "--post", "plumber")
    assert office.does("post", "retention", "elm")
    office.does("post", "abolish", "plumber", *REASON, "--yes")
    [certificate] = [each["certificate_id"] for each in certificates if each["party_id"] == next_one]
    office.does("training", "revoke", next_one, certificate, *REASON, "--yes")
    office.does("member", "end", holder, works, *REASON, "--yes")


def consents(office: Office) -> None:
    """A resident who needs nobody to let a neighbour report for them."""
    resident, helper = office.person("Yu Lan", "yu.lan"), office.person("Tao Hong")
    office.does("role", "grant", resident, "--role", "ROLE_RESIDENT", "--area", "elm")
    office.logs_in("lan", "yu.lan")
    words = ("--purpose", "REPORT_CASES", "--until", UNTIL)
    office.does("consent", "record", resident, helper, *words, by="lan")
    assert office.does("consent", "done-for-me", "cases", by="lan") == []


def sharing(office: Office) -> None:
    """Welfare reads of the register what it was granted, until that ends."""
    register, welfare = body(office, "register"), body(office, "welfare")
    at_a_desk(office, "keeper", ("ROLE_PLANNER", "--body", register))
    at_a_desk(office, "asker", ("ROLE_PLANNER", "--body", welfare), ("ROLE_CASE_OFFICER", "--body", welfare))
    at_a_desk(office, "chief", ("ROLE_PLANNER",))
    basis = ("--legal-basis", "Law on the elderly, article 15")
    for data_set, owner in (("elderly", register), ("pensioners", welfare)):
        words = ("--owner-body", owner, "--data-fields", "NAME", "--name-en", data_set, *basis)
        office.does("share", "define", data_set, *words, by="chief")
    assert [each["data_set_id"] for each in office.does("share", "data-sets", "--body", register)] == [
        "elderly"
    ]
    assert [each["field"]["field"] for each in office.does("share", "twice")] == ["DATA_FIELD_NAME"]

    def ask() -> str:
        words = (*ASSISTANCE, *basis, "--until", UNTIL)
        return str(office.does("share", "ask", "elderly", welfare, *words, by="asker")["share"]["share_id"])

    office.does("share", "refuse", ask(), "--yes", by="keeper")
    share, person = ask(), office.person("Old Wu")
    office.does("share", "grant", share, "--yes", by="keeper")
    read = office.does("share", "read", share, person, *ASSISTANCE, by="asker")
    assert "Old Wu" in json.dumps(read)
    office.does("share", "end", share, "--yes", by="keeper")
    late = office.tries("share", "read", share, person, *ASSISTANCE, by="asker")
    assert "SHARE_NOT_IN_FORCE" in late.stderr
    listed = office.does("share", "list", "--data-set", "elderly", by="keeper")
    assert len(listed) == 2


def at_a_desk(office: Office, desk: str, *grants: tuple[str, ...]) -> None:
    """Somebody new with these grants, who is logged in."""
    person = office.person(f"The {desk}", f"the.{desk}")
    for grant in grants:
        office.does("role", "grant", person, "--role", *grant)
    office.logs_in(desk, f"the.{desk}")


def delegations(office: Office) -> None:
    """Roads lets parks do its work over a holiday, and takes that back."""
    closed, open_ = body(office, "closed-roads"), body(office, "open-parks")
    power = ("--power", "WORK_ON_CASES", "--area", "elm", "--until", UNTIL)
    given = office.does("delegation", "give", closed, open_, *power)
    delegation = str(given["delegation"]["delegation_id"])
    office.does("delegation", "end", delegation, "--yes")
    [listed] = office.does("delegation", "list", "--from", closed)
    assert (listed["delegation_id"], listed["to_body_id"]) == (delegation, open_)
    assert listed["ended_time"]
