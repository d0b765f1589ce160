"""Profiles of installations, and the tokens kept beside them: given out for the place that each is from."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from libs.runtime.config.guards import CannotStart
from services.command import kept_tokens, profiles
from services.command.connection import connection
from services.command.kept_tokens import Kept
from services.command.profiles import Profile

LATER = datetime.now(UTC) + timedelta(hours=8)
HERE = Profile(address="127.0.0.1:7400", login="li.wei")
NONE: dict[str, Any] = dict.fromkeys(("data", "port", "ca", "cert", "key"))


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for variable in ("LINLI_PROFILE", "LINLI_TOKEN"):
        monkeypatch.delenv(variable, raising=False)


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority: float = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class InTheClear(Ring):
    """One that a library offers, and that protects nothing."""

    priority = 0.5


class Locked(Ring):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, made = keyring.get_keyring(), Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def kept(of: Profile, text: str = "t-1", expires: datetime = LATER, roots: bytes = b"") -> Kept:
    return Kept(token=text, expires=expires, place=of.place(roots))


def refused(name: str, of: Profile, roots: bytes = b"") -> str:
    with pytest.raises(CannotStart) as refusal:
        kept_tokens.usable(name, of, roots)
    return str(refusal.value)


def test_a_token_is_used_where_it_was_got(tmp_path: Path) -> None:
    kept_tokens.keep("town", kept(HERE), keyring=False)

    assert kept_tokens.usable("town", HERE, b"") == "t-1"
    assert (tmp_path / "linli/tokens/town.json").stat().st_mode & 0o777 == 0o600


def test_a_token_is_sent_to_no_other_address_and_under_no_other_authority() -> None:
    there = Profile(address="linli.example.org:7400", tls=True, ca="ca.crt")
    kept_tokens.keep("town", kept(there, roots=b"their authority"), keyring=False)

    for moved, roots in (
        (Profile(address="linli.example.com:7400", tls=True, ca="ca.crt"), b"their authority"),
        (Profile(address="linli.example.org:7401", tls=True, ca="ca.crt"), b"their authority"),
        (there, b"another authority"),
        (Profile(address="linli.example.org:7400", tls=True), b""),
    ):
        assert "was got from another address, or under another authority" in refused("town", moved, roots)


def test_an_expired_token_is_told_with_what_to_do() -> None:
    expired = datetime(2026, 5, 1, 12, tzinfo=UTC)
    kept_tokens.keep("town", kept(HERE, expires=expired), keyring=False)

    said = refused("town", HERE)

    assert said.startswith("the token of profile town (127.0.0.1:7400) expired at 2026-05-01 ")
    assert said.endswith("log in with `linli login --profile town`")


def test_nobody_logged_in_is_told_with_what_to_do() -> None:
    assert "nobody is logged in with profile town" in refused("town", HERE)


def test_a_damaged_token_is_told_without_it(tmp_path: Path) -> None:
    kept_tokens.keep("town", kept(HERE), keyring=False)
    (tmp_path / "linli/tokens/town.json").write_text('{"token": "eyJ')

    said = refused("town", HERE)

    assert "what is kept for profile town is no token" in said
    assert "eyJ" not in said


def test_a_token_shows_in_no_representation() -> None:
    assert "t-1" not in repr(kept(HERE))
    assert "t-1" not in f"{kept(HERE)}"


def test_a_token_lies_in_the_keyring_and_in_no_file(ring: Ring, tmp_path: Path) -> None:
    of = Profile(address="127.0.0.1:7400", keyring=True)
    kept_tokens.keep("town", kept(of, "from a file"), keyring=False)

    kept_tokens.keep("town", kept(of), keyring=True)

    assert kept_tokens.usable("town", of, b"") == "t-1"
    assert list((tmp_path / "linli/tokens").iterdir()) == []
    assert kept_tokens.forget("town", of)
    assert ring.kept == {}


@pytest.mark.parametrize(("backend", "works"), [(Ring, True), (InTheClear, False), (Locked, False)])
def test_only_a_keyring_that_answers_and_protects_is_used(
    ring: Ring, backend: type[Ring], works: bool
) -> None:
    keyring.set_keyring(backend())

    assert kept_tokens.keyring_works() == works


def test_a_keyring_that_is_gone_is_told_with_what_to_do(ring: Ring) -> None:
    of = Profile(address="127.0.0.1:7400", keyring=True)
    kept_tokens.keep("town", kept(of), keyring=True)
    keyring.set_keyring(Locked())

    assert "cannot be reached: log in with `linli login --profile town --keep-in file`" in refused("town", of)


def test_the_first_profile_is_the_current_one_until_another_is_chosen() -> None:
    profiles.put("town", HERE)
    profiles.put("trial", Profile(address="127.0.0.1:7500"))
    first = profiles.chosen(None)
    profiles.use("trial")

    assert (first, profiles.chosen(None), profiles.chosen("town")) == ("town", "trial", "town")
    profiles.drop("trial")
    assert profiles.chosen(None) == ""


def test_options_win_over_the_environment_and_both_over_the_current_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number, name in enumerate(("current", "told", "given")):
        profiles.put(name, Profile(address=f"127.0.0.1:{7400 + number}"))
    current = connection(**NONE)
    monkeypatch.setenv("LINLI_PROFILE", "told")
    (tmp_path / "grpc.address").write_text("127.0.0.1:7999")

    assert current.address == "127.0.0.1:7400"
    assert connection(**NONE).address == "127.0.0.1:7401"
    assert connection(**NONE, profile="given").address == "127.0.0.1:7402"
    assert connection(**{**NONE, "port": 7998}).address == "127.0.0.1:7998"
    assert connection(**{**NONE, "data": tmp_path}).address == "127.0.0.1:7999"
    with pytest.raises(CannotStart, match="not both"):
        connection(**{**NONE, "port": 7998}, profile="given")


def test_an_empty_variable_is_no_way_to_another_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    profiles.put("town", HERE)
    monkeypatch.setenv("LINLI_PROFILE", "")

    with pytest.raises(CannotStart, match="LINLI_PROFILE is empty"):
        connection(**NONE)


def test_the_operators_password_of_a_data_folder_goes_to_no_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".linli").mkdir()
    (tmp_path / ".linli/operator.secret").write_text("the operator's own password")
    profiles.put("town", HERE)
    to = connection(**NONE)

    with to.anonymous() as anonymous:
        with pytest.raises(CannotStart, match="nobody is logged in with profile town"):
            to.client(anonymous)
        with pytest.raises(CannotStart, match="is that of a data folder"):
            to.fetch(anonymous)


@pytest.mark.parametrize(
    "address",
    [
        "linli.example.org:7400",
        "127.0.0.1.example.org:7400",
        "0x7f000001:7400",
        "10.0.0.7:7400",
        "0.0.0.0:7400",
    ],
)
def test_only_an_installation_on_this_machine_is_called_in_the_clear(address: str) -> None:
    with pytest.raises(CannotStart, match="others could read password and token"):
        profiles.refuse_plain(Profile(address=address))
    profiles.refuse_plain(Profile(address=address, tls=True))


@pytest.mark.parametrize("address", ["127.0.0.1:7400", "localhost:7400", "[::1]:7400", "127.8.8.8:1"])
def test_an_installation_on_this_machine_may_be(address: str) -> None:
    profiles.refuse_plain(Profile(address=profiles.addresses((address,))))


def test_a_profile_edited_to_lead_elsewhere_in_the_clear_is_refused() -> None:
    profiles.put("town", Profile(address="linli.example.org:7400"))

    with pytest.raises(CannotStart, match="others could read password and token"):
        connection(**NONE)


@pytest.mark.parametrize(
    "given",
    [
        ("linli.example.org",),
        ("dns:///linli.example.org:7400",),
        ("unix:///tmp/socket",),
        ("ipv4:1.2.3.4:1,5.6.7.8:2",),
        ("host:0",),
        ("host:65536",),
        ("a b:1",),
        ("cases=host:1",),
        ("shop=host:1",),
        ("one:1", "two:2"),
    ],
)
def test_an_address_that_is_none_is_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(CannotStart, match="--at "):
        profiles.addresses(given)


@pytest.mark.parametrize("name", ["", "../town", "a/b", "-x", ".town", "a" * 65])
def test_a_name_that_would_be_another_file_is_refused(name: str) -> None:
    with pytest.raises(CannotStart, match="is no name of a profile"):
        profiles.chosen(name)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"profiles": {"town": {}}}', '{"current": 1}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    profiles.put("town", HERE)
    (tmp_path / "linli/profiles.json").write_text(content)

    with pytest.raises(CannotStart, match=r"profiles\.json is damaged"):
        profiles.load()


def test_a_folder_of_configuration_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.setenv("HOME", "/home/li")

    assert profiles.folder() == Path("/home/li/.config/linli")
