"""The broker over real TLS: whom we trust, whom it trusts, and what is said when that fails."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from libs.messaging.broker import BROKEN, Broker, BrokerSettings, NotTrusted, close
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.testkit.certificates import Authority
from libs.testkit.rabbit import TlsRabbit


@pytest.fixture
def node(tls_rabbit: TlsRabbit) -> EmbeddedRabbitMQ:
    """A node whose certificate is for 127.0.0.1, not for localhost."""
    return tls_rabbit.node


@pytest.fixture
def authority(tls_rabbit: TlsRabbit) -> Authority:
    return tls_rabbit.authority


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """An authority that neither side trusts."""
    return Authority(tmp_path, "stranger")


def connects(settings: BrokerSettings) -> bool:
    connection = Broker(settings).connect()
    try:
        return bool(connection.connected)
    finally:
        close(connection)


def test_who_is_vouched_for_is_trusted(node: EmbeddedRabbitMQ, authority: Authority) -> None:
    assert connects(BrokerSettings(url=node.tls_url, ca=authority.file))


def test_our_certificate_is_shown(node: EmbeddedRabbitMQ, authority: Authority) -> None:
    ours = authority.sign("linli")

    assert connects(BrokerSettings(url=node.tls_url, ca=authority.file, cert=ours.certificate, key=ours.key))


def test_a_certificate_of_an_authority_that_the_broker_does_not_know_is_refused(
    node: EmbeddedRabbitMQ, authority: Authority, stranger: Authority
) -> None:
    theirs = stranger.sign("impostor")
    settings = BrokerSettings(url=node.tls_url, ca=authority.file, cert=theirs.certificate, key=theirs.key)

    with pytest.raises(BROKEN):
        connects(settings)


def test_a_broker_of_another_authority_is_not_trusted_and_the_message_says_what_to_do(
    node: EmbeddedRabbitMQ, stranger: Authority
) -> None:
    with pytest.raises(NotTrusted, match="give LINLI_BROKER_CA the authority") as refused:
        connects(BrokerSettings(url=node.tls_url, ca=stranger.file))

    assert str(urlsplit(node.tls_url).password) not in str(refused.value)


def test_without_an_authority_of_our_own_the_systems_list_counts(node: EmbeddedRabbitMQ) -> None:
    with pytest.raises(NotTrusted, match="does not prove who it is"):
        connects(BrokerSettings(url=node.tls_url))


def test_a_broker_under_another_name_is_not_trusted(node: EmbeddedRabbitMQ, authority: Authority) -> None:
    url = node.tls_url.replace("127.0.0.1", "localhost")

    with pytest.raises(NotTrusted, match="name it in LINLI_BROKER_URL as the certificate does"):
        connects(BrokerSettings(url=url, ca=authority.file))


def test_a_plain_port_is_told_from_a_tls_port(node: EmbeddedRabbitMQ, authority: Authority) -> None:
    url = node.url.replace("amqp://", "amqps://")

    with pytest.raises(BROKEN):
        connects(BrokerSettings(url=url, ca=authority.file))
