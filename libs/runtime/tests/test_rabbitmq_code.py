"""A node looks first in what RabbitMQ needs; a RabbitMQ that does not say so starts as it is."""

from pathlib import Path

import pytest

from libs.runtime.bundled import rabbitmq_code
from libs.runtime.bundled.rabbitmq_install import Installed
from libs.runtime.bundled.rabbitmq_node import Certificates, Node, config


@pytest.fixture
def server(tmp_path: Path) -> Installed:
    """RabbitMQ with one plugin, and Erlang with one library, that nobody needs."""
    for folder, name, needs in (
        ("rabbitmq/plugins", "rabbit-4.1.0", "kernel, 'ra' ,\n  rabbit_common"),
        ("rabbitmq/plugins", "ra-2.2.0", "kernel,aten"),
        ("rabbitmq/plugins", "aten-0.5.8", "rabbit"),
        ("rabbitmq/plugins", "rabbit_common-4.1.0", ""),
        ("rabbitmq/plugins", "rabbitmq_management-4.1.0", "rabbit"),
        ("erlang/lib", "kernel-8.5", "stdlib"),
        ("erlang/lib", "stdlib-4.2", ""),
        ("erlang/lib", "snmp-5.13", "kernel"),
    ):
        file = tmp_path / folder / name / "ebin" / f"{name.partition('-')[0]}.app"
        file.parent.mkdir(parents=True)
        file.write_text(f"{{application, x, [{{modules, [a]}}, {{applications, [{needs}]}}, {{env, []}}]}}.")
    return Installed(tmp_path / "rabbitmq/sbin/rabbitmq-server", tmp_path / "erlang/bin/erl", Path("epmd"))


def test_what_is_needed_is_linked_and_nothing_else(server: Installed, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "rabbit-3.10.8").symlink_to(tmp_path)  # of the RabbitMQ before

    rabbitmq_code.link(server, tmp_path)

    linked = sorted((tmp_path / "plugins").iterdir())
    assert [link.name for link in linked] == ["aten-0.5.8", "ra-2.2.0", "rabbit-4.1.0", "rabbit_common-4.1.0"]
    assert (linked[2] / "ebin" / "rabbit.app").is_file()


def test_erlangs_own_come_before_the_plugins(server: Installed) -> None:
    said, *folders = rabbitmq_code.first(server).split()

    assert said == "-pa"
    assert [Path(folder).parent.name for folder in folders] == ["kernel-8.5", "stdlib-4.2"]


def test_a_rabbitmq_that_keeps_its_code_otherwise_starts_as_it_is(tmp_path: Path) -> None:
    elsewhere = Installed(tmp_path / "sbin/rabbitmq-server", tmp_path / "bin/erl", tmp_path / "bin/epmd")

    rabbitmq_code.link(elsewhere, tmp_path)

    assert rabbitmq_code.first(elsewhere) == ""
    assert not (tmp_path / "plugins").exists()


def test_a_folder_of_any_name_can_hold_the_certificates() -> None:
    odd = Path('/a "quoted" \\ 邻里')

    terms = config(Node.new(), Certificates(odd / "cert", odd / "key", odd / "ca"))

    assert r'{keyfile, "/a \"quoted\" \\ 邻里/key"}' in terms
