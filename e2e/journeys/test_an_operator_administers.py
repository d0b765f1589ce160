"""Every act of `linli admin`, done by those who may do it, against one `linli up`."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from e2e.journeys import office_staff
from e2e.journeys.cities import platform_in
from e2e.journeys.office import PASSWORD, UNTIL, Office, body, subject_of
from libs.testkit.eventually import eventually
from services.command.admin.acts import NOUNS
from services.command.registry import NAMES

ALL = {(noun, verb) for noun, of in NOUNS.items() for verb in of.acts} | {
    ("area", "standing"),
    ("person", "export"),
}
SQUARE = json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]})


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with tempfile.TemporaryDirectory(prefix="linli-test-admin-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with platform_in(folder / "up") as platform:
            platform.start()
            of = Office(platform, folder)
            of.logs_in("first", "developer", (platform.data / "operator.secret").read_text().strip())
            yield of


def test_every_act_is_done_by_those_who_may(office: Office) -> None:
    places(office)
    people(office)
    responsibilities(office)
    office_staff.rights(office)
    partners(office)
    the_platform(office)
    erasures(office)
    incidents(office)

    assert office.done == ALL


def places(office: Office) -> None:
    square = office.file("square.json", SQUARE)
    office.does(
        "area", "define", "elm", "--level", "AREA_LEVEL_CITY", "--name-zh", "榆树街", "--name-en", "Elm"
    )
    changed = office.does("area", "change-boundary", "elm", "--boundary", square, "--yes")
    revision = changed["revision"]
    shown = office.does("area", "show", "elm", "--with-boundary", "--at-least", revision)
    assert json.loads(shown["area"]["boundary"]["geojson"])["type"] == "MultiPolygon"
    assert [each["area_id"] for each in office.does("area", "list", "--level", "CITY")] == ["elm"]
    point = ("--latitude", "0.5", "--longitude", "0.5")
    assert [each["area_id"] for each in office.does("area", "locate", *point)] == ["elm"]
    assert office.does("area", "strips") == []
    for area, boundary in (("west", (0, 0.5)), ("east", (0.5, 1))):
        drawn = office.file(f"{area}.json", strip(*boundary))
        under = ("--parent", "elm", "--level", "AREA_LEVEL_DISTRICT", "--boundary", drawn)
        office.does("area", "define", area, *under, "--name-en", area)
    renamed = office.does("area", "rename", "west", "--name-en", "Far West", "--reason", "as people say")
    assert renamed["area"]["name"]["en"] == "Far West"
    both = ("--area", "west", "--area", "east", "--into", "all", "--reason", "one is enough")
    named = ("--fields", '{"into": {"name": {"en": "All"}}}')
    assert "consequences" in office.does("area", "merge", *both, *named, "--validate-only")
    office.does("area", "merge", *both, *named, "--yes")
    halves = [
        {"area_id": area, "name": {"en": area}, "boundary": strip(*of)}
        for area, of in (("left", (0, 0.5)), ("right", (0.5, 1)))
    ]
    parts = ("--fields", json.dumps({"parts": halves}), "--reason", "two after all")
    office.does("area", "split", "all", *parts, "--yes")
    office.does("area", "end", "left", "--reason", "nobody lives there", "--yes")
    table = office.tries("area", "list").stdout
    assert "榆树街 / Elm" in table
    assert "AREA_LEVEL_CITY" in table


def strip(west: float, east: float) -> str:
    """A part of the square, as GeoJSON."""
    corners = [[west, 0], [east, 0], [east, 1], [west, 1], [west, 0]]
    return json.dumps({"type": "Polygon", "coordinates": [corners]})


def homes(office: Office, resident: str) -> None:
    units = ("--unit", "3-201", "--unit", "三单元201室", "--unit", "3-202")
    built = office.does("building", "register", "elm-1", "--area", "elm", "--address", "1 Elm Street", *units)
    assert built["dwellings"] == 2
    members = json.dumps({"members": [{"resident_id": resident, "relation": "RELATION_OTHER"}]})
    since = ("--since", "2026-01-01T00:00:00Z")
    formed = office.does("household", "form", "elm-1", "3单元201", "--fields", members, *since)
    household_id = formed["household_id"]
    shown = office.does("household", "show", household_id, "--purpose", "PURPOSE_AUDIT")
    assert [each["resident_id"] for each in shown["members"]] == [resident]
    counted = office.does("household", "count", "elm", "--at-least", formed["revision"])
    assert (counted["buildings"], counted["households"], counted["members"]) == (1, 1, 1)
    assert [each["household_id"] for each in office.does("household", "list", "--area", "elm")] == [
        household_id
    ]
    assert [each["building_id"] for each in office.does("building", "list", "--area", "elm")] == ["elm-1"]


def people(office: Office) -> None:
    second, third, resident = (
        office.person("Li Wei", "li.wei"),
        office.person("Wang Fang", "wang.fang"),
        office.person("Zhang Min"),
    )
    operators = office.does("role", "list", "--role", "ROLE_OPERATOR")
    nominated = office.does("role", "nominate", second, "--role", "ROLE_OPERATOR", "--reason", "a second one")
    at_machine = office.types(
        *(
            "identity",
            "approve-nomination",
            nominated["nomination"]["nomination_id"],
            "--reason",
            "the only one",
        ),
        *("--data", str(office.platform.data)),
    )
    assert (len(operators), at_machine.returncode) == (1, 0), at_machine.stderr
    office.logs_in("second", "li.wei")

    def nominate(*more: str) -> str:
        words = (third, "--role", "ROLE_DATA_PROTECTION_OFFICER", "--reason", "their profession", *more)
        answer = office.does("role", "nominate", *words)
        return str(answer["nomination"]["nomination_id"])

    reason = ("--reason", "as agreed")
    own = office.tries("role", "approve", nominate("--area", "elm"), *reason, "--yes")
    assert "SECOND_PERSON_NEEDED" in own.stderr
    office.does("role", "withdraw", nominate(), *reason)
    office.does("role", "refuse", nominate(), *reason, "--yes", by="second")
    chosen = nominate()
    office.does("role", "approve", chosen, *reason, "--yes", by="second")
    assert office.does("role", "nomination", chosen)["nomination"]["reason"] == "their profession"
    states = [each["state"] for each in office.does("role", "nominations", "--party", third)]
    assert sorted(states) == [
        *("NOMINATION_STATE_APPROVED", "NOMINATION_STATE_OPEN"),
        *("NOMINATION_STATE_REFUSED", "NOMINATION_STATE_WITHDRAWN"),
    ]
    office.logs_in("officer", "wang.fang")

    homes(office, resident)
    granted = office.does("role", "grant", resident, "--role", "ROLE_RESIDENT", "--area", "elm")
    office.does("role", "revoke", resident, granted["grant"]["grant_id"], "--reason", "moved", "--yes")
    shown = office.does("person", "show", resident, "--purpose", "PURPOSE_RESIDENT_REQUEST")
    assert shown["resident"]["name"] == "Zhang Min"
    proposed = office.does(
        *("consent", "propose", resident, second),
        *("--purposes", "REPORT_CASES", "--purposes", "FOLLOW_CASES"),
        *("--until", UNTIL),
    )
    assert proposed["sentences"]
    consent = proposed["consent"]["consent_id"]
    assert office.does("consent", "show", consent)["sentences"] == proposed["sentences"]
    by_paper = ("--confirmation", "SIGNATURE", "--signature-reference", "folder 7")
    confirmed = office.does("consent", "confirm", consent, *by_paper)
    assert confirmed["consent"]["state"] == "CONSENT_STATE_GIVEN"
    office.does("consent", "revoke", consent, "--yes")
    assert office.does("consent", "list", "--resident", resident)[0]["consent_id"] == consent
    assert office.does("consent", "done", "cases", resident) == []
    office.person("Chen Jie", "chen.jie")
    office.does("person", "set-password", "chen.jie", "--yes", "--password-file", office.file("pw", PASSWORD))


def responsibilities(office: Office) -> None:
    works, parks = body(office, "works"), body(office, "parks")
    assert works in [each["body_id"] for each in office.does("body", "list", "--area", "elm")]
    assert office.does("body", "show", works)["body"]["name"]["zh"] == "工务局"
    table = office.tries("body", "show", works).stdout
    assert "[bold]" in table
    affair = {"request_id": "a-1", "affair_id": "lamps", "name": {"zh": "路灯", "en": "Lamps"}}
    office.calls("catalog.DefineAffair", {**affair, "anonymous_allowed": True}, LINLI_PROFILE="first")
    unowned = office.does("responsibility", "unowned", "--affair", "lamps")
    assert "elm" in [each["area_id"] for each in unowned]

    item = office.does(
        *("responsibility", "assign", "--affair", "lamps", "--area", "elm", "--body", works),
        *("--legal-basis", "order 7", "--helper", parks, "--valid-from", "2026-01-01T00:00:00Z"),
    )["responsibility"]["item_id"]
    standing(office, works)
    basis = ("--legal-basis", "order 8", "--reason", "a new order")
    office.does("responsibility", "revise", item, "--body", parks, *basis, "--yes")
    assert office.does("responsibility", "show", item)["versions"][-1]["body_id"] == parks
    assert office.does("responsibility", "list", "--body", parks)[0]["item_id"] == item
    found = office.does("responsibility", "find", "--affair", "lamps", "--area", "elm")
    assert found["responsibility"]["item_id"] == item
    office.does("responsibility", "end", item, "--valid-until", UNTIL, "--reason", "the order ends", "--yes")


def standing(office: Office, works: str) -> None:
    """What is counted, one kind for each service."""
    case = {"request_id": "s-1", "affair_id": "lamps", "area_id": "elm", "channel": "CHANNEL_PHONE_OPERATOR"}
    eventually(
        lambda: office.calls(
            "cases.OpenCase", {**case, "anonymous": True, "description": "dark"}, LINLI_PROFILE="first"
        ),
        seconds=30,
    )
    details = {"affair_id": "lamps", "area_ids": ["elm"], "name": {"en": "Lamps on loan"}}
    office.calls(
        "catalog.PublishService",
        {"request_id": "s-2", "service_id": "loan", "body_id": works, "details": details},
        LINLI_PROFILE="first",
    )

    found = office.does("area", "standing", "elm")

    assert {what: many for what, many in found.items() if many} == {
        "open cases": 1,
        "responsibilities": 1,
        "services": 1,
        "bodies": 2,
    }
    assert set(office.does("area", "standing", "left").values()) == {0}
    assert "open cases" in office.tries("area", "standing", "elm").stdout
    assert "AREA_UNKNOWN" in office.tries("area", "standing", "atlantis").stderr


def partners(office: Office) -> None:
    secrets = [office.folder / f"secret-{number}" for number in range(4)]
    scopes = [word for scope in ("feed.read", "cases.open") for word in ("--scope", scope)]
    told = office.does(
        "partner", "register", "--name", "Lamps Ltd", *scopes, "--secret-file", str(secrets[0])
    )
    client = told["client"]["client_id"]
    other = office.does("partner", "register", "--name", "New", *scopes, "--secret-file", str(secrets[1]))
    changed = office.does("partner", "change-secret", client, "--secret-file", str(secrets[2]), "--yes")
    assert "client_secret" not in told.keys() | changed.keys()
    assert secrets[2].stat().st_mode & 0o777 == 0o600
    quota = ("--calls-per-second", "20", "--concurrent-calls", "4", "--streams", "1")
    assert office.does("partner", "set-quota", client, *quota)["client"]["quota"]["streams"] == 1
    assert client in [each["client_id"] for each in office.does("partner", "list", "--retired", "false")]

    issued = {"client_id": client, "client_secret": secrets[2].read_text().strip()}
    token = office.calls("identity.IssueClientToken", issued, LINLI_PROFILE="first")["token"]["access_token"]
    theirs = {"LINLI_TOKEN": token, "LINLI_PROFILE": "first"}
    office.calls("cases.RegisterExternalSystem", {"request_id": "s-1", "system": "lamps"}, **theirs)
    moved = office.does(
        "partner", "move-system", "lamps", other["client"]["client_id"], "--reason", "new", "--yes"
    )
    assert moved["owner_id"] == other["client"]["client_id"]

    url, kind = "https://lamps.example.org/hook", ("--kind", "linli.cases.v1.CaseClosed")
    words = (url, *kind, "--secret-file", str(secrets[3]))
    hook = office.does("webhook", "register", *words, by="", **theirs)["webhook"]["webhook_id"]
    assert office.does("webhook", "list", by="", **theirs)[0]["url"] == url
    assert "delivered" not in office.does("webhook", "test", hook, by="", **theirs)
    secrets[3].unlink()
    office.does("webhook", "rotate-secret", hook, "--secret-file", str(secrets[3]), "--yes", by="", **theirs)
    assert secrets[3].read_text().startswith("whsec_")
    assert office.does("webhook", "parked", hook, by="", **theirs) == []
    none = office.tries("webhook", "replay", hook, "--message", "m-1", by="", **theirs)
    assert "WEBHOOK_MESSAGE_NOT_PARKED" in none.stderr
    office.does("webhook", "remove", hook, "--yes", by="", **theirs)
    office.does("partner", "retire", client, "--yes")


def the_platform(office: Office) -> None:
    office.does("signing-key", "rotate", "--yes")
    assert office.does("signing-key", "list")["keys"]
    assert office.does("parked", "list", "cases") == []
    for verb, more in (("show", ()), ("retry", ()), ("discard", ("--reason", "none", "--yes"))):
        unknown = office.tries("parked", verb, "cases", "7", *more)
        assert "PARKED_UNKNOWN" in unknown.stderr, unknown.stderr


def erasures(office: Office) -> None:
    case = {"request_id": "c-1", "affair_id": "lamps", "area_id": "elm", "channel": "CHANNEL_PHONE_OPERATOR"}
    opened = office.calls("cases.OpenCase", {**case, "description": "It is dark"}, LINLI_PROFILE="first")
    case_id, gone = opened["case"]["case_id"], office.person("Zhao Lei")
    reason = ("--reason", "by request")
    office.does("case", "erase", case_id, *reason, "--yes", "--again", case_id, by="officer")
    copied = copy_of(office, gone)
    assert "Zhao Lei" in copied
    erased = office.does("person", "erase", gone, *reason, "--yes", "--again", gone, by="officer")
    receipt = office.does("person", "receipt", gone, by="officer")["receipt"]
    assert {each["service"] for each in receipt["services"]} == {*NAMES}
    asked = {"receipt_code": erased["receipt_code"]}
    shown = office.calls("identity.GetMyErasureReceipt", asked, LINLI_PROFILE="first")["receipt"]
    assert shown["subject_id"] == gone
    assert "Zhao Lei" not in copy_of(office, gone)

    purpose = ("--purpose", "PURPOSE_CASE_WORK")
    shown = office.person("Qian Mo")
    office.does("person", "show", shown, *purpose, "--reference", "case-7")
    read = wait_for_the_record_of(office, shown)
    assert [(each["roles"], each["reference"]) for each in read] == [(["OPERATOR"], "case-7")]
    assert office.does("access-log", "unusual", "identity", by="officer") == []
    mine = office.does("access-log", "mine", "identity", by="officer")  # whoever approved them saw why
    assert {each["purpose"] for each in mine} == {"DISCLOSURE_PURPOSE_APPOINTMENT"}
    assert not any("reader_id" in each for each in mine)
    unknown = office.tries("person", "show", gone, *purpose)
    assert (unknown.returncode, "PARTY_UNKNOWN" in unknown.stderr) == (1, True)
    second = office.does("role", "list", "--role", "ROLE_OPERATOR")
    [other] = {each["party_id"] for each in second} - {subject_of(office, "first")}
    office.does("session", "revoke", other, "--reason", "a laptop was lost", "--yes")
    ended = office.tries("body", "list", by="second")
    assert "login --profile second`" in ended.stderr


def copy_of(office: Office, person: str) -> str:
    """The file with everything that is kept of a person."""
    file = office.folder / f"{uuid4()}.json"
    ended = office.tries("person", "export", person, "--to", str(file), by="officer")
    assert ended.returncode == 0, ended.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text("utf-8"))["format"] == "linli-person-1"
    return file.read_text("utf-8")


def incidents(office: Office) -> None:
    """A telephone is lost; who must be told is told."""

    def does(verb: str, *words: str, **told: str) -> Any:
        given = ("--fields", "-") if told else ()
        return office.does("incident", verb, *words, *given, by="officer", given=json.dumps(told))

    name = ("--class", "PERSONAL_CLASS_NAME")
    words = ("--kind", "INCIDENT_KIND_LOST", "--noticed", "2026-03-02T08:00:00Z", *name)
    lost = does("report", *words, description="a telephone in a taxi")["incident"]["incident_id"]
    does("assess", lost, "--risk", "INCIDENT_RISK_LOW", *name, grounds="it was locked")
    does("notified", lost, "--duty", "NOTIFICATION_DUTY_AUTHORITY", note="letter 17")
    closed = does("close", lost, "--yes", measures="telephones lock themselves")
    assert closed["incident"]["state"] == "INCIDENT_STATE_CLOSED"
    assert does("show", lost)["description"] == "a telephone in a taxi"
    eventually(lambda: [each["incident_id"] for each in does("list", "--state", "CLOSED")] == [lost])


def wait_for_the_record_of(office: Office, person: str) -> list[Any]:
    """What the data protection officer is told of who read the data of a person."""
    words = ("access-log", "list", "identity", "--person", person)
    eventually(lambda: office.does(*words, by="officer"), "the record is in the view")
    return list(office.does(*words, by="officer"))
