"""Addresses are joined with their passwords; what is wrong with one is told without a word of it."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from libs.runtime.config import addresses
from libs.runtime.config.settings import Secret, Settings, SettingsInvalid, read

DATABASE = "postgresql://linli@db:5432/cases?sslmode=verify-full"
BROKER = "amqps://linli@rabbit:5671/demo"
NEEDED = {"LINLI_MASTER_KEY": "k", "LINLI_DATABASE_URL": DATABASE}


def test_a_database_password_of_its_own_is_joined_with_the_address() -> None:
    told = conninfo_to_dict(addresses.database(DATABASE, "p@ss/w:rd %'"))

    assert told == {
        "user": "linli",
        "password": "p@ss/w:rd %'",
        "host": "db",
        "port": "5432",
        "dbname": "cases",
        "sslmode": "verify-full",
    }


def test_a_broker_password_of_its_own_is_joined_with_the_address() -> None:
    assert addresses.broker(BROKER, "p@ss/w:rd") == "amqps://linli:p%40ss%2Fw%3Ard@rabbit:5671/demo"


def test_an_address_that_holds_its_password_is_left_as_it_is() -> None:
    whole = BROKER.replace("linli@", "linli:p%40ss@")

    assert addresses.broker(whole) == whole
    assert addresses.broker(whole, "p@ss") == whole
    assert addresses.database("host=/run dbname=cases password=x") == "host=/run dbname=cases password=x"


def test_passwords_come_from_files_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    (tmp_path / "database").write_text("one\n")
    (tmp_path / "broker").write_text("two\n")
    environ = {
        **NEEDED,
        "LINLI_BROKER_URL": BROKER,
        "LINLI_DATABASE_PASSWORD_FILE": str(tmp_path / "database"),
        "LINLI_BROKER_PASSWORD_FILE": str(tmp_path / "broker"),
    }

    settings = read(Settings, environ)

    assert conninfo_to_dict(settings.database_url.reveal())["password"] == "one"
    assert settings.broker_url.reveal() == BROKER.replace("linli@", "linli:two@")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://linli:hun/ter2@db/cases",
        "postgresql://linli:12/ter2@db/cases",
        "postgresql://linli:hunter2%zz@db/cases",
        "hunter2",
    ],
)
def test_an_unreadable_database_address_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read(Settings, {**NEEDED, "LINLI_DATABASE_URL": url})

    assert "LINLI_DATABASE_URL: give postgresql://" in str(refused.value)
    assert "ter2" not in str(refused.value)
    assert "hun" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "amqp://linli:hun/ter2@rabbit/demo",
        "amqp://linli:12/ter2@rabbit/demo",
        "amqp://linli:12#ter2@rabbit/demo",
        "amqp://linli:hunter2@rabbit:port/demo",
        "http://linli:hunter2@rabbit/demo",
        "hunter2",
    ],
)
def test_an_unreadable_broker_address_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read(Settings, {**NEEDED, "LINLI_BROKER_URL": url})

    assert "LINLI_BROKER_URL: give amqps://" in str(refused.value)
    assert "ter2" not in str(refused.value)
    assert "hun" not in str(refused.value)


@pytest.mark.parametrize("variable", ["LINLI_DATABASE", "LINLI_BROKER"])
def test_two_passwords_are_one_too_many(variable: str) -> None:
    environ = {
        **NEEDED,
        "LINLI_DATABASE_URL": "postgresql://linli:hunter2@db/cases",
        "LINLI_BROKER_URL": "amqp://linli:hunter2@rabbit/demo",
        f"{variable}_PASSWORD": "swordfish",
    }

    with pytest.raises(SettingsInvalid, match=f"{variable}_URL holds another password") as refused:
        read(Settings, environ)

    assert "hunter2" not in str(refused.value)
    assert "swordfish" not in str(refused.value)


def test_settings_show_no_secret() -> None:
    environ = {**NEEDED, "LINLI_DATABASE_PASSWORD": "hunter2", "LINLI_BROKER_URL": "amqp://u:swordfish@r/d"}

    shown = repr(read(Settings, environ))

    assert "hunter2" not in shown
    assert "swordfish" not in shown
    assert "linli@db" not in shown


def test_settings_made_without_reading_join_passwords_too() -> None:
    made = Settings(database_url=Secret(DATABASE), database_password=Secret("one"), master_key=Secret("k"))

    assert conninfo_to_dict(made.database_url.reveal())["password"] == "one"


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ("postgresql://linli:one@db/x", True),
        ("postgresql://linli@db:5432/x?password=one", True),
        ("host=db password=one", True),
        ("amqp://linli:one@rabbitmq/demo", True),
        ("postgresql://linli@db:5432/x", False),
        ("host=db user=linli", False),
        ("amqp://linli@rabbitmq:5672/demo", False),
        ("", False),
    ],
)
def test_an_address_with_a_password_is_known(address: str, holds: bool) -> None:
    assert addresses.holds_password(address) is holds


@pytest.mark.parametrize("address", ["", "file:///var/lib/linli/keys", "postgresql://keys@vault/keys"])
def test_a_key_store_is_a_folder_a_database_or_none(address: str) -> None:
    assert addresses.key_store(address) == address


def test_the_password_of_a_key_store_may_stand_beside_its_address() -> None:
    environ = {**NEEDED, "LINLI_KEY_STORE": "postgresql://keys@vault/keys", "LINLI_KEY_STORE_PASSWORD": "one"}

    assert conninfo_to_dict(read(Settings, environ).key_store.reveal())["password"] == "one"


def test_two_passwords_of_a_key_store_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="LINLI_KEY_STORE_PASSWORD: LINLI_KEY_STORE holds another password"):
        addresses.key_store("postgresql://keys:hunter2@vault/keys", "swordfish")


@pytest.mark.parametrize("address", ["file:keys", "postgresql://keys:hunter2/@vault/keys", "/var/lib/keys"])
def test_another_key_store_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(ValueError, match="LINLI_KEY_STORE: give") as refused:
        addresses.key_store(address)

    assert "hunter2" not in str(refused.value)
