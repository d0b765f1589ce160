"""The `linli` command as a newcomer uses it: up, token, call; and what it says when something is wrong."""

import csv
import json
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.testkit import patience
from libs.testkit.commands import linli, linli_command
from libs.testkit.postgres import KillablePostgres
from services.command.registry import NAMES

pytestmark = [pytest.mark.store, pytest.mark.journey]


@dataclass
class Up:
    """A running `linli up`."""

    process: "subprocess.Popen[str]"
    data: Path
    welcome: str


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    data = Path(tempfile.mkdtemp(prefix="linli-test-command-"))
    data.chmod(0o755)
    command = linli_command("up", "--data", str(data), "--port", "0", "--http-port", "0")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    welcome = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
    try:
        yield Up(process, data, welcome)
    finally:
        process.kill()
        process.communicate(timeout=patience.seconds(10))
        KillablePostgres(data).kill()
        shutil.rmtree(data, ignore_errors=True)


@pytest.mark.by_exec
def test_up_says_what_it_serves_and_where(up: Up) -> None:
    assert "Linli is ready" in up.welcome
    assert str(up.data) in up.welcome
    for service in NAMES:
        assert service in up.welcome


def test_a_list_is_exported_page_by_page_into_a_file_that_is_whole(
    up: Up, street: dict[str, str], tmp_path: Path
) -> None:
    sheet, lines = tmp_path / "areas.csv", tmp_path / "areas.jsonl"
    define_area(up, "oak", street)

    for file in (sheet, lines):
        exported = linli(
            "export", "identity.ListAreas", '{"page_size": 1}', "--to", str(file), "--data", str(up.data)
        )
        assert (exported.returncode, exported.stdout) == (0, "")

    rows = list(csv.DictReader(sheet.read_text("utf-8-sig").splitlines()))
    objects = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert [row["area_id"] for row in rows] == [each["area_id"] for each in objects] == ["elm", "oak"]
    assert [row["name.zh"] for row in rows] == [street["zh"]] * 2
    assert f"{len(rows)} rows" in exported.stderr
    assert sorted(tmp_path.iterdir()) == [sheet, lines]


def test_an_export_goes_to_standard_output_as_one_document(up: Up) -> None:
    exported = linli("export", "catalog.ListAffairs", "--format", "json", "--data", str(up.data))

    assert json.loads(exported.stdout) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["catalog.GetAffair"], "does not answer in pages: export takes lists"),
        (["catalog.ListAffairs", '{"page_token": "x"}'], "an export begins with the first page"),
        (["catalog.ListAffairs", '{"filter": "colour = red"}'], "FILTER_INVALID"),
    ],
)
def test_what_cannot_be_exported_is_said(up: Up, tmp_path: Path, words: list[str], said: str) -> None:
    refused = linli("export", *words, "--to", str(tmp_path / "rows.csv"), "--data", str(up.data))

    assert refused.returncode != 0
    assert said in refused.stderr
    assert not (tmp_path / "rows.csv").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("rows.xlsx", "end the name in .csv, .json, .jsonl"), ("away/rows.csv", "is no folder")],
)
def test_an_export_says_which_files_it_writes(up: Up, tmp_path: Path, name: str, said: str) -> None:
    refused = linli("export", "catalog.ListAffairs", "--to", str(tmp_path / name), "--data", str(up.data))

    assert refused.returncode == 1
    assert said in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_token_is_nobodys_and_not_the_operators(up: Up) -> None:
    refused = linli("call", "identity.ListAreas", "--data", str(up.data), LINLI_TOKEN="")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "LINLI_TOKEN is empty" in refused.stderr


def test_an_export_overwrites_nothing(up: Up, tmp_path: Path) -> None:
    kept = tmp_path / "rows.csv"
    kept.write_text("mine", "utf-8")

    refused = linli("export", "catalog.ListAffairs", "--to", str(kept), "--data", str(up.data))

    assert (refused.returncode, kept.read_text("utf-8")) == (1, "mine")
    assert "exists: remove it, or give another name" in refused.stderr


def test_a_token_is_printed_and_nothing_else(up: Up) -> None:
    printed = linli("token", "--data", str(up.data))

    assert printed.returncode == 0
    assert printed.stdout.count(".") == 2
    assert len(printed.stdout.split()) == 1


def test_an_rpc_is_called_with_json_and_answers_json(up: Up) -> None:
    request = {"source": "identity", "limit": 10}

    answered = linli("call", "--data", str(up.data), "feed.ReadEvents", json.dumps(request))

    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)["batch"]["source"] == "linli://demo/identity"


def test_a_refused_call_says_which_field_is_wrong(up: Up) -> None:
    refused = linli("call", "--data", str(up.data), "cases.ListCases", '{"page_size": -1}')

    assert refused.returncode == 1
    assert "INVALID_ARGUMENT" in refused.stderr
    assert "page_size:" in refused.stderr


def test_an_unknown_rpc_is_answered_with_those_there_are(up: Up) -> None:
    refused = linli("call", "--data", str(up.data), "cases.CloseEverything")

    assert refused.returncode == 1
    assert "cases has OpenCase" in refused.stderr


def test_what_it_prints_can_be_typed_as_it_is(up: Up) -> None:
    shown = next(line for line in up.welcome.splitlines() if line.split()[:1] == ["try"])
    command = shown.split(maxsplit=1)[1]

    ended = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=patience.seconds(60))

    assert ended.returncode == 0, ended.stderr


def test_whoever_reads_only_the_beginning_sees_no_traceback(up: Up) -> None:
    call = linli_command("call", "--data", str(up.data), "feed.ReadEvents", '{"source": "identity"}')

    piped = f"{shlex.join(call)} | true"
    ended = subprocess.run(
        ["bash", "-c", piped], capture_output=True, text=True, timeout=patience.seconds(60)
    )

    assert ended.stderr == ""


@pytest.fixture(scope="module")
def street(up: Up) -> dict[str, str]:
    """The name of an area that the platform knows; not every terminal can show all of it."""
    name = {"zh": "榆树街🌳", "en": "Elm Street"}
    define_area(up, "elm", name)
    return name


def define_area(up: Up, area_id: str, name: dict[str, str]) -> None:
    area = {"request_id": area_id, "area_id": area_id, "level": "AREA_LEVEL_COMMUNITY", "name": name}
    defined = linli("call", "--data", str(up.data), "identity.DefineArea", json.dumps(area))
    assert defined.returncode == 0, defined.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_an_answer_is_json_whatever_the_terminal_can_show(
    up: Up, street: dict[str, str], encoding: str
) -> None:
    answered = linli("call", "--data", str(up.data), "identity.ListAreas", PYTHONIOENCODING=encoding)

    assert (answered.returncode, answered.stderr) == (0, "")
    names = {area["area_id"]: area["name"] for area in json.loads(answered.stdout)["areas"]}
    assert names["elm"] == street


def test_a_refusal_is_said_whatever_the_terminal_can_show(up: Up) -> None:
    request = '{"filter": "榆树 = 1"}'
    refused = linli("call", "--data", str(up.data), "cases.ListCases", request, PYTHONIOENCODING="ascii")

    assert refused.returncode == 1
    assert "FILTER_INVALID" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_request_comes_from_a_file_or_from_standard_input(up: Up, tmp_path: Path) -> None:
    request = json.dumps({"source": "identity", "limit": 1})
    (tmp_path / "request.json").write_text(request)
    call = ["call", "--data", str(up.data), "feed.ReadEvents"]

    typed, from_file, from_input = (
        linli(*call, request),
        linli(*call, f"@{tmp_path}/request.json"),
        linli(*call, "-", given=request),
    )

    assert typed.returncode == 0
    answers = [json.loads(each.stdout)["batch"] for each in (typed, from_file, from_input)]
    assert all(answer.pop("published_time") for answer in answers)  # each was made at another moment
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("request_text", ['{"location": {"latitude": 1e400}}', "[" * 20_000])
def test_a_request_that_no_message_can_hold_is_refused_in_a_sentence(up: Up, request_text: str) -> None:
    refused = linli("call", "--data", str(up.data), "cases.OpenCase", "-", given=request_text)

    assert refused.returncode == 1
    assert refused.stderr.startswith("linli: the request is not a valid OpenCaseRequest:")
    assert "Traceback" not in refused.stderr


def test_a_port_where_nothing_answers_is_told_in_words(up: Up) -> None:
    refused = linli("call", "--data", str(up.data), "--port", "1", "cases.ListCases")

    assert refused.returncode == 1
    assert "nothing answers at 127.0.0.1:1: start `" in refused.stderr
    assert "IssueClientToken" not in refused.stderr


def test_a_request_that_is_no_json_is_refused_in_words(up: Up) -> None:
    refused = linli("call", "--data", str(up.data), "cases.ListCases", "{page")

    assert refused.returncode == 1
    assert "the request is not a valid ListCasesRequest" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_views_are_compared_and_parked_events_listed_beside_the_running_platform(up: Up) -> None:
    compared = linli("cases", "rebuild", "all_cases", "--compare", "--data", str(up.data))
    listed = linli("supervision", "parked", "list", "--data", str(up.data))

    assert (compared.returncode, listed.returncode) == (0, 0), compared.stderr + listed.stderr
    assert "equal, row for row" in compared.stdout
    assert listed.stdout == "nothing is parked\n"


def test_a_ledger_altered_by_plain_sql_is_found_and_no_view_is_rebuilt_from_it(
    up: Up, tmp_path: Path
) -> None:
    head = tmp_path / "identity.head"
    beside = ("--data", str(up.data))
    first = linli("identity", "verify", "--save", str(head), *beside)
    since = linli("identity", "verify", "--since", str(head), *beside)
    assert (first.returncode, since.returncode) == (0, 0), first.stdout + first.stderr + since.stderr
    altering = (
        "UPDATE stored_events SET state = set_byte(state, 3, (get_byte(state, 3) + %s) %% 256)"
        " WHERE notification_id = (SELECT min(notification_id) FROM stored_events) RETURNING notification_id"
    )
    owner = EmbeddedPostgres(up.data).dsn("identity")

    with psycopg.connect(owner) as connection:
        (position,) = connection.execute(altering, [1]).fetchone() or (0,)
    try:
        found = linli("identity", "verify", *beside)
        rebuilt = linli("identity", "rebuild", "clients", *beside)
    finally:
        with psycopg.connect(owner) as connection:
            connection.execute(altering, [255])

    assert (found.returncode, rebuilt.returncode) == (1, 1)
    assert f"identity: NOT sound at position {position}: event" in found.stdout
    assert f"NOT sound at position {position}" in rebuilt.stdout
    assert "switched" not in rebuilt.stdout


def test_claims_that_somebody_deleted_are_put_right_beside_the_running_platform(up: Up) -> None:
    beside = ("--data", str(up.data))
    with psycopg.connect(EmbeddedPostgres(up.data).dsn("identity")) as connection:
        assert connection.execute("DELETE FROM claims").rowcount == 1  # that of the first operator

    compared = linli("identity", "rebuild", "claims", "--compare", *beside)
    rebuilt = linli("identity", "rebuild", "claims", *beside)
    again = linli("identity", "rebuild", "claims", "--compare", *beside)
    none = linli("cases", "rebuild", "claims", *beside)

    assert (compared.returncode, rebuilt.returncode, again.returncode, none.returncode) == (1, 0, 0, 2)
    assert "by the table" in compared.stdout
    assert compared.stdout.endswith("identity: claims that differ: 1\n")
    assert rebuilt.stdout.endswith("identity: claims that were put right: 1\n")
    assert again.stdout.endswith("identity: claims and ledger agree\n")


def test_terms_are_compared_with_the_ledger_beside_the_running_platform(up: Up) -> None:
    beside = ("--data", str(up.data))
    with psycopg.connect(EmbeddedPostgres(up.data).dsn("cases")) as connection:
        connection.execute("INSERT INTO blind_terms VALUES ('nobody', 'case-0', 'text', '{1,2}')")

    compared = linli("cases", "rebuild", "terms", "--compare", *beside)
    rebuilt = linli("cases", "rebuild", "terms", *beside)
    again = linli("cases", "rebuild", "terms", "--compare", *beside)

    assert (compared.returncode, rebuilt.returncode, again.returncode) == (1, 0, 0)
    assert "text of case-0: 0 terms are missing, 2 too many" in compared.stdout
    assert rebuilt.stdout.endswith("cases: blind terms that were put right: 1\n")
    assert again.stdout.endswith("cases: blind terms and ledger agree\n")


def test_a_taken_port_is_told_before_anything_is_made(up: Up, tmp_path: Path) -> None:
    port = (up.data / "grpc.address").read_text().strip().rpartition(":")[2]

    refused = linli("up", "--data", str(tmp_path / "other"), "--port", port, "--http-port", "0")

    assert refused.returncode == 1
    assert f"port {port} cannot be used" in refused.stderr
    assert not (tmp_path / "other").exists()


def test_a_folder_without_a_platform_is_told_in_words(tmp_path: Path) -> None:
    refused = linli("token", "--data", str(tmp_path))

    assert refused.returncode == 1
    assert "-m services.command up`" in refused.stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("clal", "call"), ("case", "cases"), ("clusters", "cluster"), ("topologie", "topology")],
)
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(typed: str, meant: str) -> None:
    refused = linli(typed)

    assert refused.returncode == 2
    assert f"No such command '{typed}'" in refused.stderr
    assert f"'{meant}'" in refused.stderr


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("linli clu", ["cluster"]),
        ("linli cases pa", ["parked"]),
        ("linli call cases.ListC", ["cases.ListCases"]),
        ("linli up --ht", ["--http-port"]),
    ],
)
def test_a_shell_completes_commands_options_and_rpcs(line: str, completed: list[str]) -> None:
    words = len(line.split()) - 1

    asked = linli(_LINLI_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(words))

    assert [found.partition(",")[2] for found in asked.stdout.split()] == completed


def test_linli_alone_says_what_it_can() -> None:
    helped = linli()

    assert helped.returncode == 0
    assert "linli cases server | worker" in helped.stdout


def test_the_help_of_a_role_says_what_must_be_set() -> None:
    helped = linli("identity", "server", "--help")

    assert "The server of identity: api, projector and relay together" in helped.stdout
    for variable in ("LINLI_DATABASE_URL", "LINLI_MASTER_KEY", "LINLI_IDENTITY_SIGNING_KEY", "..._FILE"):
        assert variable in helped.stdout


def test_every_service_lists_its_settings() -> None:
    listed = linli("identity", "settings")

    assert listed.returncode == 0
    assert "LINLI_IDENTITY_SIGNING_KEY" in listed.stdout


def test_the_schema_of_a_running_platform_is_looked_at_and_contracted(up: Up) -> None:
    for words in (("--dry-run",), ("--contract",)):
        done = linli("cases", "migrate", *words, "--data", str(up.data))

        assert (done.returncode, done.stdout) == (0, "cases: nothing to do\n"), done.stderr


def test_it_stops_in_order_at_last_and_has_told_its_life_and_what_it_refused(up: Up) -> None:
    linli("call", "--data", str(up.data), "cases.GetCase", '{"case_id": "no-such-case"}')
    up.process.send_signal(signal.SIGINT)

    _, told = up.process.communicate(timeout=patience.seconds(60))

    assert up.process.returncode == 0
    lines = [json.loads(line) for line in told.splitlines()]
    told_of = [line["event"] for line in lines if line["logger"] == "process"]
    life = [event for event in told_of if event != "the stop waited"]  # a busy machine lets it wait
    refused = [line for line in lines if line["event"] == "rpc refused" and line["rpc"].endswith("/GetCase")]
    assert life == ["starting", "ready", "stopping", "stopped"]
    assert lines[0]["folder"] == str(up.data)
    assert [line["code"] for line in refused] == ["NOT_FOUND"]
    assert len(refused[0]["caller"]) == 32  # the first operator's id, not their name
