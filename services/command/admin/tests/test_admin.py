"""What a lazy body and a clumsy clerk make of `linli admin`, before anything is sent."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from libs.testkit import commands

pytestmark = pytest.mark.process

NOBODY = ("--port", "1")
"""Where nothing listens: who gets there has sent something."""
Ended = subprocess.CompletedProcess[str]


def linli(*words: str, given: str = "") -> Ended:
    """`linli` with a token, so that nobody is logged in before."""
    return commands.linli(*words, given=given, LINLI_TOKEN="a-token")


ERASE = ("admin", "person", "erase", "p-1", "--reason", "by request", *NOBODY)


def test_what_is_missing_is_named_by_its_options() -> None:
    refused = linli("admin", "body", "register", "--area", "elm", *NOBODY)

    assert refused.returncode == 2
    assert "Missing: --natural-key-kind, --natural-key, --kind\n" in refused.stderr


def test_a_mistyped_noun_verb_or_value_is_answered_with_those_there_are() -> None:
    noun, verb = linli("admin", "bodys"), linli("admin", "role", "grants")
    value = linli("admin", "role", "grant", "p-1", "--role", "ROLE_BOSS", *NOBODY)

    assert "'body'" in noun.stderr
    assert "'grant'" in verb.stderr
    assert "'ROLE_RESIDENT', 'ROLE_GRID_WORKER'" in value.stderr
    assert {noun.returncode, verb.returncode, value.returncode} == {2}


def test_a_value_may_be_named_as_a_community_file_names_it() -> None:
    words = ("admin", "role", "grant", "p-1", "--area", "elm", "--dry-run", "--role")
    short, wrong = linli(*words, "case_officer"), linli(*words, "officer")

    assert json.loads(short.stdout)["role"] == "ROLE_CASE_OFFICER"
    assert wrong.returncode == 2


def test_the_help_names_the_fields_that_have_no_option() -> None:
    split, register = (
        linli("admin", "area", "split", "--help"),
        linli("admin", "person", "register", "--help"),
    )

    assert "(also parts)" in " ".join(split.stdout.split())
    assert "natural_key.value" in register.stdout


def test_a_dry_run_prints_the_request_and_asks_and_sends_nothing() -> None:
    shown = linli(*ERASE, "--dry-run", "--request-id", "r-1")

    assert shown.returncode == 0
    assert json.loads(shown.stdout) == {"subject_id": "p-1", "reason": "by request", "request_id": "r-1"}
    assert "nothing is sent; this would be identity.EraseSubject" in shown.stderr


def test_a_dry_run_is_no_way_to_a_password() -> None:
    words = ("admin", "person", "create-login", "p-1", "--login-name", "li.wei", "--dry-run")
    shown = linli(*words, given="a password of mine\n")

    assert json.loads(shown.stdout)["password"] == "(asked for)"


def test_where_nobody_can_be_asked_nothing_is_done_without_yes() -> None:
    refused = linli("admin", "partner", "retire", "c-1", *NOBODY)

    assert refused.returncode == 1
    assert "Retire a client, at 127.0.0.1:1: c-1\nIt gets no more tokens" in refused.stderr
    assert "nothing was done: say --yes" in refused.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "say --yes and --again p-1"),
        (("--yes",), "say it a second time, with --again p-1: nothing was done"),
        (("--yes", "--again", "p-2"), "'p-2' is not p-1: nothing was done"),
    ],
)
def test_an_erasure_takes_two_agreements(more: tuple[str, ...], said: str) -> None:
    refused = linli(*ERASE, *more)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert "nothing answers" not in refused.stderr


def test_who_agreed_twice_gets_through() -> None:
    assert "nothing answers at 127.0.0.1:1" in linli(*ERASE, "--yes", "--again", "p-1").stderr


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_secret_needs_a_place_before_anything_is_sent(more: tuple[str, ...]) -> None:
    refused = linli("admin", "partner", "register", "--name", "x", "--scope", "feed.read", *more, *NOBODY)

    assert refused.returncode == 1
    assert "name a new file for it with --secret-file FILE" in refused.stderr


def test_a_file_for_a_secret_is_new_and_goes_if_there_is_none(tmp_path: Path) -> None:
    register = ("admin", "partner", "register", "--name", "x", "--scope", "feed.read", *NOBODY)
    there, link, new = tmp_path / "there", tmp_path / "link", tmp_path / "new"
    there.write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")

    refused = [linli(*register, "--secret-file", str(each)) for each in (there, link)]
    failed = linli(*register, "--secret-file", str(new))

    assert all("cannot be made: File exists. Name a new file" in each.stderr for each in refused)
    assert "nothing answers" in failed.stderr
    assert there.read_text() == "mine"
    assert {each.name for each in tmp_path.iterdir()} == {"there", "link"}
    assert stat.S_ISREG(there.stat().st_mode)


def test_a_persons_data_comes_from_a_file_and_what_lacks_is_named() -> None:
    words = ("admin", "person", "register", "--area", "elm", "--natural-key-kind", "KEY_KIND_PHONE", *NOBODY)
    lacking = linli(*words, "--fields", "-", given='{"name": "Li Wei"}')
    whole = linli(*words, "--fields", "-", given='{"name": "Li Wei", "natural_key": {"value": "138"}}')

    assert "natural_key.value is missing: give it in a file, with --fields @FILE" in lacking.stderr
    assert "nothing answers" in whole.stderr


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("{", "--fields is not JSON"),
        ("[]", "--fields must be a JSON object"),
        ("[" * 20_000, "--fields is nested too deeply"),
        ('{"name": 1}', "--fields: name must be an object"),
        ('{"nmae": 1}', "nmae: there is no such field; did you mean name?"),
        ("@nowhere.json", "cannot be read from nowhere.json: No such file"),
    ],
)
def test_fields_that_are_none_are_refused_in_a_sentence(fields: str, said: str) -> None:
    words = ("--level", "AREA_LEVEL_CITY", "--name-en", "Elm", "--fields", fields)
    refused = linli("admin", "area", "define", "elm", *words, *NOBODY)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("boundary", "said"), [("nowhere.json", "No such file"), (".", "is a directory")])
def test_a_boundary_that_cannot_be_read_is_named(boundary: str, said: str) -> None:
    refused = linli("admin", "area", "change-boundary", "elm", "--boundary", boundary, *NOBODY)

    assert refused.returncode != 0
    assert said in refused.stderr


def test_a_moment_that_is_none_is_refused_with_an_example() -> None:
    words = ("c-1", "h-1", "--purpose", "CONSENT_PURPOSE_REPORT_CASES", "--until", "tomorrow")
    refused = linli("admin", "consent", "record", *words, *NOBODY)

    assert 'until_time: must be a moment such as 2020-01-03T09:00:00Z, not "tomorrow"' in refused.stderr
