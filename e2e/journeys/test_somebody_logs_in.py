"""`linli login` to a platform that speaks TLS: the token is kept, used where it is from, and never shown."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.city.platform import Platform
from e2e.journeys.cities import platform_in
from libs.rules import totp
from libs.testkit import patience
from libs.testkit.certificates import Authority
from libs.testkit.commands import linli, linli_command

LIST = ("call", "identity.ListAreas")
Ended = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Desk:
    """A platform over TLS, and the files of somebody who works with it."""

    platform: Platform
    authority: Path
    config: Path

    @property
    def address(self) -> str:
        """Where it serves gRPC."""
        return f"127.0.0.1:{self.platform.port}"

    @property
    def token(self) -> Path:
        """Where the token is kept."""
        return self.config / "linli/tokens/town.json"

    def does(self, *words: str, given: str = "", **environ: str) -> Ended:
        """`linli`, with the configuration of this desk."""
        return linli(*words, given=given, XDG_CONFIG_HOME=str(self.config), **environ)

    def logs_in(self, *more: str) -> Ended:
        """As the first operator, with the password from a file."""
        secret = str(self.platform.data / "operator.secret")
        words = ("--login", "developer", "--password-file", secret, "--keep-in", "file")
        return self.does("login", "--profile", "town", *words, *more)


@pytest.fixture(scope="module", name="place")
def _place() -> Iterator[tuple[Platform, Path]]:
    with tempfile.TemporaryDirectory(prefix="linli-test-login-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        authority = Authority(folder)
        its = authority.sign("server", "127.0.0.1")
        told = {"LINLI_TLS_CERT": str(its.certificate), "LINLI_TLS_KEY": str(its.key)}
        with platform_in(folder / "up", told) as platform:
            platform.start()
            yield platform, authority.file


@pytest.fixture(name="desk")
def _desk(place: tuple[Platform, Path], tmp_path: Path) -> Desk:
    desk = Desk(*place, tmp_path / "config")
    ended = desk.logs_in("--at", desk.address, "--ca", str(desk.authority))
    assert ended.returncode == 0, ended.stderr
    return desk


def token_of(desk: Desk) -> str:
    token: str = json.loads(desk.token.read_bytes())["token"]
    return token


def test_who_is_logged_in_calls_without_saying_where_or_who(desk: Desk) -> None:
    called = desk.does(*LIST)
    listed = desk.does("profile", "list")
    as_json = desk.does("profile", "list", "--json")
    printed = desk.does("token")

    assert (called.returncode, called.stdout.strip()) == (0, "{}"), called.stderr
    assert f"* town  {desk.address}  developer, until 2" in listed.stdout
    assert [each["login"] for each in json.loads(as_json.stdout)] == ["developer"]
    assert (printed.returncode, "give --data" in printed.stderr) == (1, True)
    for ended in (called, listed, as_json, printed):
        assert token_of(desk) not in ended.stdout + ended.stderr
    assert desk.token.stat().st_mode & 0o777 == 0o600


def test_a_password_comes_by_standard_input_and_a_wrong_one_is_told(desk: Desk) -> None:
    wrong = desk.does("login", "--login", "developer", given="not the password\n")
    nothing = desk.does("login", "--login", "developer")

    assert (wrong.returncode, nothing.returncode) == (1, 1)
    assert "identity.Login: UNAUTHENTICATED CREDENTIALS_REFUSED" in wrong.stderr
    assert "not the password" not in wrong.stderr
    assert "no password was given" in nothing.stderr
    assert desk.does(*LIST).returncode == 0


def at_a_terminal(desk: Desk, words: tuple[str, ...], *answers: tuple[str, str]) -> tuple[int, bytes]:
    """`linli login` by somebody who answers what it asks: the exit status, and all that was shown."""
    ours, its = os.openpty()
    environ = {**os.environ, "XDG_CONFIG_HOME": str(desk.config)}
    process = subprocess.Popen(
        linli_command("login", *words), stdin=its, stdout=its, stderr=its, env=environ, start_new_session=True
    )
    os.close(its)
    shown = b""
    for asked, answer in answers:
        while asked.encode() not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, f"{answer}\n".encode())
    with contextlib.suppress(OSError):  # the terminal ends with the program
        while more := os.read(ours, 4096):
            shown += more
    os.close(ours)
    return process.wait(patience.seconds(60)), shown


def test_a_password_that_is_typed_shows_nowhere(desk: Desk) -> None:
    secret = (desk.platform.data / "operator.secret").read_text().strip()

    status, shown = at_a_terminal(desk, ("--login", "developer"), ("Password", secret))

    assert status == 0
    assert b"logged in as developer" in shown
    assert secret.encode() not in shown
    assert token_of(desk).encode() not in shown


def test_after_logging_out_nobody_calls(desk: Desk) -> None:
    left, again = desk.does("logout"), desk.does("logout")
    refused = desk.does(*LIST)

    assert left.stdout == "logged out of profile town\n"
    assert again.stdout == "nobody was logged in with profile town\n"
    assert not desk.token.exists()
    assert refused.returncode == 1
    assert "nobody is logged in with profile town" in refused.stderr


def test_a_revoked_token_is_told_with_what_to_do(desk: Desk) -> None:
    claims = desk.does("call", "identity.ListRoles", '{"filter": "role = OPERATOR"}')
    party = json.loads(claims.stdout)["grants"][0]["party_id"]
    request = {"request_id": "revoke-1", "party_id": party, "reason": "a laptop was lost"}

    revoked = desk.does("call", "identity.RevokeSessions", json.dumps(request))
    refused = desk.does(*LIST)

    assert revoked.returncode == 0, revoked.stderr
    assert refused.returncode == 1
    assert "UNAUTHENTICATED TOKEN_" in refused.stderr
    assert "login --profile town`" in refused.stderr


def test_a_token_that_others_can_read_is_not_used(desk: Desk) -> None:
    desk.token.chmod(0o644)

    refused = desk.does(*LIST)

    assert refused.returncode == 1
    assert f"chmod 600 {desk.token}" in refused.stderr


def test_a_profile_that_somebody_made_lead_elsewhere_gets_no_token_there(desk: Desk) -> None:
    """Neither in the clear nor over TLS: whoever listens there hears nothing."""
    file = desk.config / "linli/profiles.json"
    before = file.read_text()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        moved = before.replace(desk.address, f"127.0.0.1:{port}")
        file.write_text(moved)
        over_tls = desk.does(*LIST)
        file.write_text(moved.replace('"tls": true', '"tls": false').replace('"ca":', '"of":'))
        in_the_clear = desk.does(*LIST)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()

    for refused in (over_tls, in_the_clear):
        assert refused.returncode == 1
        assert "was got from another address, or under another authority" in refused.stderr


def test_an_authority_that_did_not_sign_the_servers_certificate_gets_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    other = str(Authority(tmp_path, "other").file)

    swapped = desk.does(*LIST, "--ca", other)
    logging_in = desk.logs_in("--ca", other)
    in_the_clear = desk.does("profile", "set", "clear", "--at", desk.address)
    unencrypted = desk.does(
        *("login", "--profile", "clear", "--login", "developer"), given="a password of mine\n"
    )

    assert "was got from another address, or under another authority" in swapped.stderr
    assert "is not from an authority that is trusted here" in logging_in.stderr
    assert in_the_clear.returncode == 0
    assert "If it uses TLS, the profile must, too" in unencrypted.stderr
    assert desk.does(*LIST).returncode == 0


def test_a_token_in_the_environment_wins_over_the_current_profile_only(
    desk: Desk,
) -> None:
    told = {"LINLI_TOKEN": "eyJhbGciOiJFZERTQSJ9.e30.c29tZWJvZHk"}

    by_environment = desk.does(*LIST, **told)
    by_option = desk.does(*LIST, "--profile", "town", **told)

    assert by_environment.returncode == 1
    assert "UNAUTHENTICATED" in by_environment.stderr
    assert "login --profile" not in by_environment.stderr
    assert by_option.returncode == 0


def test_a_data_folder_that_is_named_is_called_by_its_own_operator(desk: Desk) -> None:
    desk.does("logout")

    named = desk.does(*LIST, "--data", str(desk.platform.data), "--ca", str(desk.authority))

    assert named.returncode == 0, named.stderr


def test_another_installation_is_another_profile(desk: Desk) -> None:
    slip = desk.does("login", "--at", "127.0.0.1:1", "--login", "developer", given="a password of mine\n")
    added = desk.does("profile", "set", "trial", "--at", "127.0.0.1:1")
    chosen = desk.does("profile", "use", "trial")
    away = desk.does(*LIST)
    named = desk.does(*LIST, LINLI_PROFILE="town")
    moved = desk.does("profile", "set", "town", "--at", "127.0.0.1:1")
    gone = desk.does("profile", "remove", "trial")
    listed = desk.does("profile", "list")

    assert f"profile town is that of {desk.address}: name another with --profile" in slip.stderr
    assert [each.returncode for each in (added, chosen, named, moved, gone)] == [0] * 5
    assert "nobody is logged in with profile trial" in away.stderr
    assert not desk.token.exists()
    assert listed.stdout == "  town  127.0.0.1:1  developer is not logged in\n"


def test_people_change_their_first_password_by_themselves(desk: Desk) -> None:
    first, own = "a first password", "a password of my own"
    person = {
        "request_id": "li",
        "natural_key": {"kind": "KEY_KIND_STAFF_NUMBER", "value": "77"},
        "name": "Li Wei",
        "area_id": "town",
    }
    desk.does("admin", "area", "define", "town", "--level", "AREA_LEVEL_CITY", "--name-en", "Town")
    made = desk.does("call", "identity.RegisterResident", json.dumps(person))
    known = json.loads(made.stdout)
    login = ("admin", "person", "create-login", known["resident_id"], "--login-name", "li.wei")
    assert desk.does(*login, given=f"{first}\n").returncode == 0
    at = ("login", "--profile", "li", "--at", desk.address, "--ca", str(desk.authority), "--login", "li.wei")
    words = (*at, "--keep-in", "file")

    wrong = desk.does(*words, "--change-password", given=f"not it at all\n{own}\n")
    short = desk.does(*words, "--change-password", given=f"{first}\nshort\n")
    changed = desk.does(*words, "--change-password", given=f"{first}\n{own}\n")

    assert "CREDENTIALS_REFUSED" in wrong.stderr
    assert "new_password" in short.stderr
    assert "the password is changed\nlogged in as li.wei" in changed.stdout, changed.stderr
    assert own not in changed.stdout + changed.stderr + short.stderr
    assert "CREDENTIALS_REFUSED" in desk.does(*words, given=f"{first}\n").stderr
    assert desk.does(*words, given=f"{own}\n").returncode == 0


def test_who_has_a_second_factor_logs_in_with_its_digits(desk: Desk) -> None:
    own = "a password of my own"
    number = {"kind": "KEY_KIND_STAFF_NUMBER", "value": "78"}
    person = {"request_id": "sun", "natural_key": number, "name": "Sun Li", "area_id": "town"}
    desk.does("admin", "area", "define", "town", "--level", "AREA_LEVEL_CITY", "--name-en", "Town")
    known = json.loads(desk.does("call", "identity.RegisterResident", json.dumps(person)).stdout)
    desk.does(
        *("admin", "person", "create-login", known["resident_id"], "--login-name", "sun.li"), given=f"{own}\n"
    )
    who = {"login_name": "sun.li", "password": own}
    enrolling = json.dumps({"request_id": "enrol", **who})
    secret = json.loads(desk.does("call", "identity.EnrolSecondFactor", enrolling).stdout)["secret"]

    def shown(ahead: int) -> str:
        """What an app shows whose clock is ahead by so many steps."""
        return totp.code_at(base64.b32decode(secret), totp.step_of(datetime.now(UTC)) + ahead)

    confirming = json.dumps({"request_id": "confirm", **who, "digits": shown(0)})
    confirmed = json.loads(desk.does("call", "identity.ConfirmSecondFactor", confirming).stdout)
    words = ("--profile", "sun", "--at", desk.address, "--ca", str(desk.authority), "--login", "sun.li")

    without = desk.does("login", *words, "--keep-in", "file", given=f"{own}\n")
    by_digits = desk.does(
        *("login", *words, "--keep-in", "file", "--second-factor", shown(1)), given=f"{own}\n"
    )
    by_paper = desk.does(
        *("login", *words, "--keep-in", "file", "--second-factor", confirmed["recovery_codes"][0]),
        given=f"{own}\n",
    )

    assert (without.returncode, "SECOND_FACTOR_NEEDED" in without.stderr) == (1, True)
    assert "logged in as sun.li" in by_digits.stdout, by_digits.stderr
    assert "logged in as sun.li" in by_paper.stdout, by_paper.stderr

    status, asked = at_a_terminal(
        desk, words[:2], ("Password", own), ("Digits", confirmed["recovery_codes"][1])
    )
    assert (status, b"logged in as sun.li" in asked) == (0, True), asked
