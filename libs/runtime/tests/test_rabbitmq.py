"""A private RabbitMQ node starts, stops, is killed and wiped, beside others and for any user."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from kombu import Connection, Exchange, Queue

from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.bundled.rabbitmq_install import Installed, RabbitMQFailed
from libs.runtime.bundled.rabbitmq_node import Certificates
from libs.testkit import patience
from libs.testkit.certificates import Authority
from libs.testkit.eventually import eventually
from libs.testkit.rabbit import running_rabbit

pytestmark = pytest.mark.store
ROOT = Path(__file__).parents[3]
START_AND_WAIT = (
    "import sys, time; from pathlib import Path; from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ;"
    "node = EmbeddedRabbitMQ(Path(sys.argv[1])); node.start(); print(node.url, flush=True); time.sleep(600)"
)
START_AND_STOP = START_AND_WAIT.replace("time.sleep(600)", "node.stop(); print(node.pids())")
EVENTS = Exchange("events", "topic", durable=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that any user may fill, not made yet; no node outlives the test."""
    parent = Path(tempfile.mkdtemp(prefix="linli-rabbit-test-"))
    parent.chmod(0o777)
    yield parent / "node"
    EmbeddedRabbitMQ(parent / "node").kill()
    shutil.rmtree(parent, ignore_errors=True)


def quorum_queue(name: str = "inbox") -> Queue:
    arguments = {"x-queue-type": "quorum", "x-single-active-consumer": True}
    return Queue(name, EVENTS, routing_key="#", durable=True, queue_arguments=arguments)


def publish(url: str, *bodies: str) -> None:
    """Publish to the declared quorum queue, each confirmed by the broker."""
    with Connection(url, transport_options={"confirm_publish": True}) as connection:
        producer = connection.Producer()
        for body in bodies:
            producer.publish(
                body, exchange=EVENTS, routing_key="some.thing", delivery_mode=2, declare=[quorum_queue()]
            )


def consumed(url: str, count: int) -> list[str]:
    """The next `count` messages, each acknowledged."""
    bodies: list[str] = []

    def take(body: str, message: Any) -> None:
        bodies.append(body)
        message.ack()

    with (
        Connection(url) as connection,
        connection.Consumer(quorum_queue(), callbacks=[take], prefetch_count=10),
    ):
        while len(bodies) < count:
            connection.drain_events(timeout=patience.seconds(10))
    return bodies


def depth(url: str) -> int:
    """How many messages wait in the queue, declared where it is missing."""
    with Connection(url) as connection, connection.channel() as channel:
        return int(quorum_queue()(channel).queue_declare(passive=False).message_count)


def refused(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as tried:
        return tried.connect_ex((str(address.hostname), int(address.port or 0))) != 0


def other_process(folder: Path, program: str, *prefix: str) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-c", program, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_a_quorum_queue_with_one_active_consumer_gives_what_was_published_in_order(broker: str) -> None:
    publish(broker, "one", "two", "three")

    assert consumed(broker, 3) == ["one", "two", "three"]


def test_a_broker_that_was_killed_is_not_alive_though_its_port_mapper_is(
    killable_rabbit: EmbeddedRabbitMQ,
) -> None:
    [broker] = [pid for pid in killable_rabbit.pids() if named(pid).startswith("beam")]

    os.kill(broker, signal.SIGKILL)

    eventually(lambda: [named(pid) for pid in killable_rabbit.pids()] == ["epmd"])
    assert not killable_rabbit.alive
    killable_rabbit.restart()
    eventually(lambda: killable_rabbit.alive)


def named(pid: int) -> str:
    """The name of a process' program; nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def test_what_was_confirmed_outlives_a_kill_at_the_same_url(killable_rabbit: EmbeddedRabbitMQ) -> None:
    url = killable_rabbit.url
    publish(url, "one", "two")
    killable_rabbit.flush()

    killable_rabbit.kill()
    assert killable_rabbit.pids() == []
    assert refused(url)
    killable_rabbit.restart()

    assert killable_rabbit.url == url
    assert consumed(url, 2) == ["one", "two"]


def test_a_queue_killed_as_soon_as_it_was_made_serves_again_when_deleted_and_declared_anew(
    killable_rabbit: EmbeddedRabbitMQ,
) -> None:
    url = killable_rabbit.url
    publish(url, "lost or not")
    killable_rabbit.kill()
    killable_rabbit.restart()

    with Connection(url) as connection, connection.channel() as channel:
        quorum_queue()(channel).delete()

    publish(url, "new")
    assert consumed(url, 1) == ["new"]


def test_what_was_confirmed_outlives_a_stop(killable_rabbit: EmbeddedRabbitMQ) -> None:
    publish(killable_rabbit.url, "kept")

    killable_rabbit.stop()
    killable_rabbit.stop()
    assert killable_rabbit.pids() == []
    killable_rabbit.start()

    assert consumed(killable_rabbit.url, 1) == ["kept"]


def test_a_wiped_node_is_empty_and_lets_its_clients_in_again(killable_rabbit: EmbeddedRabbitMQ) -> None:
    killable_rabbit.add_vhost("another")
    url, another = killable_rabbit.url, killable_rabbit.url_of("another")
    publish(url, "lost")
    publish(another, "lost")

    killable_rabbit.wipe()

    assert (depth(url), depth(another)) == (0, 0)
    publish(url, "new")
    assert consumed(url, 1) == ["new"]


def test_a_stopped_node_can_be_wiped(killable_rabbit: EmbeddedRabbitMQ) -> None:
    publish(killable_rabbit.url, "lost")
    killable_rabbit.stop()

    killable_rabbit.wipe()

    assert depth(killable_rabbit.url) == 0


def test_a_dropped_vhost_lets_nobody_in(killable_rabbit: EmbeddedRabbitMQ) -> None:
    killable_rabbit.add_vhost("short-lived")
    url = killable_rabbit.url_of("short-lived")
    publish(url, "lost")

    killable_rabbit.drop_vhost("short-lived")

    with pytest.raises(Exception, match="vhost short-lived not found"):
        publish(url, "refused")
    with pytest.raises(RabbitMQFailed, match="is not a vhost name"):
        killable_rabbit.add_vhost('"}]), halt().')


def test_two_nodes_run_side_by_side_and_one_does_not_notice_the_others_death(
    killable_rabbit: EmbeddedRabbitMQ, installed_rabbitmq: Installed
) -> None:
    with running_rabbit(installed_rabbitmq) as other:
        publish(killable_rabbit.url, "here")
        publish(other.url, "there")
        other.flush()

        other.kill()

        assert consumed(killable_rabbit.url, 1) == ["here"]
        other.restart()
        assert consumed(other.url, 1) == ["there"]


def test_only_its_own_password_opens_a_node_and_guest_does_not(killable_rabbit: EmbeddedRabbitMQ) -> None:
    password = str(urlsplit(killable_rabbit.url).password)

    for url in (
        killable_rabbit.url.replace(password, "wrong"),
        f"amqp://guest:guest@127.0.0.1:{killable_rabbit.port}/",
    ):
        with pytest.raises(Exception, match="ACCESS_REFUSED"):
            depth(url)


def test_a_node_listens_on_the_loopback_interface_only(killable_rabbit: EmbeddedRabbitMQ) -> None:
    listening = subprocess.run(
        ["cat", "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True
    ).stdout
    node = killable_rabbit._known()
    ports = {node.amqp_port, node.distribution_port, node.mapper_port}

    addresses = {
        (int(port, 16), address)
        for line in listening.splitlines()
        if (fields := line.split())[3] == "0A"
        for address, port in [fields[1].split(":")]
        if int(port, 16) in ports
    }

    assert {port for port, _ in addresses} == ports
    assert {address for _, address in addresses} <= {"0100007F", "00000000000000000000000001000000"}


def test_one_process_at_a_time_holds_a_folder(killable_rabbit: EmbeddedRabbitMQ) -> None:
    second = EmbeddedRabbitMQ(killable_rabbit.folder)

    with pytest.raises(RabbitMQFailed, match="is in use by another process"):
        second.start()

    assert not refused(killable_rabbit.url)


def test_a_node_that_outlived_its_killed_process_is_taken_over(
    folder: Path, installed_rabbitmq: Installed
) -> None:
    with other_process(folder, START_AND_WAIT) as first:
        assert first.stdout is not None
        url = first.stdout.readline().strip()
        publish(url, "kept")
        first.send_signal(signal.SIGKILL)
    node = EmbeddedRabbitMQ(folder)
    before = node.pids()

    node.start()

    assert (node.url, node.pids()) == (url, before)
    assert consumed(url, 1) == ["kept"]
    node.stop()


def test_a_node_that_cannot_start_says_its_last_words(folder: Path, installed_rabbitmq: Installed) -> None:
    node = EmbeddedRabbitMQ(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", node.port))
        taken.listen()

        with pytest.raises(RabbitMQFailed, match=r"(?s)ended while starting.*eaddrinuse"):
            node.start()

    assert node.pids() == []


def test_a_user_without_rights_runs_a_node_too(folder: Path, installed_rabbitmq: Installed) -> None:
    ids = ("--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+dac_read_search")
    prefix = ("setpriv", *ids, "--ambient-caps=-all,+dac_read_search", "--") if os.geteuid() == 0 else ()

    with other_process(folder, START_AND_STOP, *prefix) as other:
        said, complaints = other.communicate(timeout=patience.seconds(120))

    assert said.startswith("amqp://linli:"), complaints
    assert said.splitlines()[1] == "[]"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """A certificate for localhost, and who signed it."""
    authority = Authority(tmp_path)
    pair = authority.sign("rabbit", "localhost")
    return Certificates(pair.certificate, pair.key, authority.file)


def test_a_node_with_certificates_speaks_tls(
    installed_rabbitmq: Installed, certificates: Certificates
) -> None:
    checked = {
        "ca_certs": str(certificates.authority),
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": "localhost",
    }

    with (
        running_rabbit(installed_rabbitmq, tls=certificates) as node,
        Connection(node.tls_url, ssl=checked) as to,
    ):
        to.connect()

        assert to.connected
        eventually(lambda: not refused(node.url), "plain AMQP is answered beside it")


def test_a_folder_with_a_name_in_chinese_will_do(installed_rabbitmq: Installed, folder: Path) -> None:
    assert installed_rabbitmq.script.exists()
    command = [sys.executable, "-c", START_AND_STOP, str(folder.parent / "邻里")]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=patience.seconds(120))

    assert ended.stdout.endswith("[]\n"), ended.stderr


def test_what_makes_a_node_is_named_when_it_is_damaged(folder: Path) -> None:
    folder.mkdir()
    (folder / "node.json").write_text('{"user": ')

    with pytest.raises(RabbitMQFailed, match=f"{folder}/node.json is damaged: remove {folder}"):
        _ = EmbeddedRabbitMQ(folder).url
