"""A mistyped variable is told with the one that was meant."""

import pytest

from services.command.unknown import sentences


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("LINLI_POOLSIZE", "LINLI_POOL_SIZE"),
        ("LINLI_IDENTITY_LOGIN_LIFETME", "LINLI_IDENTITY_LOGIN_LIFETIME"),
        ("LINLI_MASTERKEY_FILE", "LINLI_MASTER_KEY_FILE"),
        ("LINLI_POSTGRE_URL", "LINLI_POSTGRES_URL"),
    ],
)
def test_a_mistyped_variable_is_told_with_the_closest_known_one(typed: str, meant: str) -> None:
    assert sentences({typed: "sesame"}) == [
        f"{typed} is not a setting of Linli, and nothing reads it: did you mean {meant}?"
    ]


def test_a_variable_of_another_program_s_making_is_answered_with_those_about_the_same_thing() -> None:
    [port] = sentences({"LINLI_PORT": "7500"})
    [nothing] = sentences({"LINLI_ZEBRA": "yes"})

    assert port.startswith(
        "LINLI_PORT is not a setting of Linli, and nothing reads it: did you mean LINLI_GRPC_ADDRESS or "
    )
    assert "TRACE" not in port
    assert nothing.endswith("`linli cases settings`, and the same for the other services, lists all settings")


def test_nothing_is_said_of_settings_of_any_service_nor_of_what_others_set() -> None:
    environ = {
        "LINLI_THREADS": "8",
        "LINLI_BROKER_PASSWORD_FILE": "/run/secrets/broker",
        "LINLI_CASES_PUBLIC_PREFIX": "LL",
        "LINLI_IDENTITY_SIGNING_KEY_FILE": "/run/secrets/key",
        "LINLI_TOKEN": "eyJ",
        "LINLI_CASES_SERVICE_HOST": "10.0.0.1",  # Kubernetes, of a Service linli-cases
        "LINLI_CASES_SERVICE_PORT_GRPC": "7400",
        "LINLI_CASES_PORT": "tcp://10.0.0.1:7400",
        "LINLI_CASES_PORT_7400_TCP_ADDR": "10.0.0.1",
        "LINLIPUT": "1",
        "PATH": "/bin",
    }

    assert sentences(environ) == []
