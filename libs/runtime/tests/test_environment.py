"""Settings are read from the environment, typed, and refused by name."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from libs.runtime.config.environment import written
from libs.runtime.config.settings import Secret, Settings, SettingsInvalid, describe, flags, read, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    owner: str = setting(doc="who owns the shop")
    shelves: int = setting(4, doc="how many shelves", minimum=1, maximum=9)
    open: bool = setting(True, doc="whether it is open")
    pause: timedelta = setting(timedelta(minutes=5), doc="between customers")
    tills: tuple[str, ...] = setting((), doc="their names")
    rent: float | None = setting(None, doc="if any")
    key: Secret[str] | None = setting(None, doc="to the door")


def test_values_are_read_by_their_type() -> None:
    environ = {
        "SHOP_OWNER": "ada",
        "SHOP_SHELVES": "9",
        "SHOP_OPEN": "no",
        "SHOP_PAUSE": "1.5h",
        "SHOP_TILLS": "left, right",
        "SHOP_RENT": "12.5",
    }

    shop = read(ShopSettings, environ, "SHOP_")

    assert shop == ShopSettings(
        owner="ada", shelves=9, open=False, pause=timedelta(minutes=90), tills=("left", "right"), rent=12.5
    )


def test_what_is_not_given_keeps_its_default() -> None:
    assert read(ShopSettings, {"SHOP_OWNER": "ada", "SHOP_SHELVES": ""}, "SHOP_").shelves == 4


def test_all_problems_are_told_at_once_each_by_its_variable() -> None:
    environ = {"SHOP_SHELVES": "10", "SHOP_OPEN": "perhaps", "SHOP_PAUSE": "5"}

    with pytest.raises(SettingsInvalid) as refused:
        read(ShopSettings, environ, "SHOP_")

    assert [problem.split()[0].rstrip(":") for problem in refused.value.problems] == [
        "SHOP_OWNER",
        "SHOP_SHELVES",
        "SHOP_OPEN",
        "SHOP_PAUSE",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    pause: timedelta = setting(timedelta(minutes=5), doc="between customers", minimum=60)
    shelves: int = setting(4, doc="how many shelves", maximum=9)


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [("PAUSE", "8s", "8s is less than 60s"), ("SHELVES", "10", "10 is more than 9")],
)
def test_a_bound_is_told_in_the_unit_of_the_value(variable: str, value: str, problem: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"SHOP_{variable}: {problem}$"):
        read(Bounds, {f"SHOP_{variable}": value}, "SHOP_")


def test_a_secret_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("opensesame\n")

    shop = read(ShopSettings, {"SHOP_OWNER": "ada", "SHOP_KEY_FILE": str(file)}, "SHOP_")

    assert shop.key is not None
    assert shop.key.reveal() == "opensesame"
    assert "opensesame" not in f"{shop!r} {shop.key} {shop.key!r}"


def test_a_secret_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    environ = {"SHOP_OWNER": "ada", "SHOP_KEY": "a", "SHOP_KEY_FILE": str(tmp_path / "key")}

    with pytest.raises(SettingsInvalid, match="SHOP_KEY or SHOP_KEY_FILE, not both"):
        read(ShopSettings, environ, "SHOP_")


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    environ = {"SHOP_OWNER": "ada", "SHOP_KEY_FILE": str(tmp_path / "nowhere")}

    with pytest.raises(SettingsInvalid, match="nowhere"):
        read(ShopSettings, environ, "SHOP_")


def test_an_address_without_a_port_is_refused() -> None:
    environ = {"LINLI_DATABASE_URL": "x", "LINLI_MASTER_KEY": "y", "LINLI_GRPC_ADDRESS": "localhost"}

    with pytest.raises(SettingsInvalid, match="LINLI_GRPC_ADDRESS: 'localhost' is not host:port"):
        read(Settings, environ)


def test_what_is_no_root_of_the_key_set_is_refused_by_name() -> None:
    environ = {"LINLI_DATABASE_URL": "dbname=x", "LINLI_MASTER_KEY": "y", "LINLI_KEYS_ROOT": "signing.pem"}

    with pytest.raises(SettingsInvalid, match=r"LINLI_KEYS_ROOT: 'signing\.pem' is no Ed25519 public key"):
        read(Settings, environ)


@pytest.mark.parametrize("network", ["10.0.0.0/33", "ingress", "0.0.0.0/0"])
def test_what_is_no_network_of_a_proxy_is_refused_by_name(network: str) -> None:
    environ = {"LINLI_DATABASE_URL": "dbname=x", "LINLI_MASTER_KEY": "y", "LINLI_TRUSTED_PROXIES": network}

    with pytest.raises(SettingsInvalid, match=f"LINLI_TRUSTED_PROXIES: .*{network}"):
        read(Settings, environ)


@pytest.mark.parametrize("text", ["500ms", "30s", "90s", "5m", "8h", "36h", "2d"])
def test_a_duration_is_shown_in_the_notation_in_which_it_is_read(text: str) -> None:
    pause = read(ShopSettings, {"SHOP_OWNER": "ada", "SHOP_PAUSE": text}, "SHOP_").pause

    assert written(pause) == text


def test_defaults_are_shown_as_one_would_write_them() -> None:
    shown = {variable: default for variable, default, _ in describe(ShopSettings, "SHOP_")}

    assert shown["SHOP_OWNER"] == "must be set"
    assert (shown["SHOP_OPEN"], shown["SHOP_PAUSE"], shown["SHOP_RENT"]) == ("true", "5m", "not set")


def test_a_flag_says_its_default_and_its_choices() -> None:
    helps = {flag: meaning for flag, _, meaning in flags(Settings)}

    assert helps["--drain"] == "time given to running calls at shutdown [20s]"
    assert helps["--log-level"] == "how much is logged: debug, info, warning, error [info]"


def test_every_setting_is_described() -> None:
    rows = describe(Settings)

    assert ("LINLI_CELL", "demo", "name of this cell: part of every event's source") in rows
    assert all(meaning for _, _, meaning in rows)


@pytest.mark.parametrize(("content", "said"), [(b" \n", "is empty"), (b"\xff\xfe", "holds no text")])
def test_a_secret_file_without_a_secret_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    with pytest.raises(SettingsInvalid, match=f"SHOP_KEY_FILE: {file} {said}"):
        read(ShopSettings, {"SHOP_OWNER": "ada", "SHOP_KEY_FILE": str(file)}, "SHOP_")
