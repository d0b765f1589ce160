"""What goes wrong: each fault is made, lasts a while, and is over when its function returns.

Nobody helps afterwards: what was killed by us and is not of the platform (RabbitMQ, PostgreSQL, the
network) comes back as it would from its own supervisor; the rest is the platform's own affair.
"""

import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence

from e2e.chaos.clocks import jump_server, jump_worker, jump_worker_shortly
from e2e.chaos.forged import forge_as_another, forge_batches
from e2e.chaos.ground import HEARTBEAT, Ground
from e2e.chaos.keys_away import stop_keeper_of_keys
from e2e.chaos.losses import (
    promote_standby,
    promote_standby_under_load,
    recover_to_moment,
    restore_backup,
)
from e2e.chaos.said import Said, expect
from libs.testkit.postgres import make_read_only, make_writable
from libs.testkit.proxy import Proxy
from services.command.registry import NAMES

Fault = Callable[[Ground, random.Random], str]
"""Makes the fault and ends it; answers whom it hit."""

_LONGER_THAN_HEARTBEATS = 3.5 * HEARTBEAT


def kill_server(ground: Ground, chance: random.Random) -> str:
    """A server, with its api, projector and relay."""
    return _kill(ground, chance.choice(NAMES), "server")


def kill_worker(ground: Ground, chance: random.Random) -> str:
    """A worker, in the middle of a batch or not."""
    return _kill(ground, chance.choice(_with_worker(ground)), "worker")


def kill_relay(ground: Ground, chance: random.Random) -> str:
    """Both relays of cases, one after the other: whichever was active, the next one is killed, too."""
    first, second = chance.sample(["server", "relay"], 2)
    hit = _kill(ground, "cases", first)
    time.sleep(chance.uniform(0.3, 3))
    return f"{hit}, then {_kill(ground, 'cases', second)}"


def stop_worker(ground: Ground, chance: random.Random) -> str:
    """A worker stands still for longer than the broker's patience, and then goes on."""
    service = chance.choice(_with_worker(ground))
    worker = ground.cluster.processes[service, "worker"]
    worker.kill(signal.SIGSTOP)
    time.sleep(_LONGER_THAN_HEARTBEATS)
    worker.kill(signal.SIGCONT)
    return f"{service} worker"


def kill_broker(ground: Ground, chance: random.Random) -> str:
    """RabbitMQ, as at a power cut."""
    ground.rabbit.kill()
    time.sleep(chance.uniform(0, 2))
    ground.rabbit.start()
    return ""


def kill_database(ground: Ground, chance: random.Random) -> str:
    """PostgreSQL, as at a power cut."""
    ground.databases.kill()
    time.sleep(chance.uniform(0, 2))
    ground.databases.restart()
    return ""


def only_read(ground: Ground, chance: random.Random) -> str:
    """A service's database may only be read for some seconds, as on a standby."""
    service = chance.choice(NAMES)
    server, dsn = Said(ground.cluster.processes[service, "server"]), ground.databases.dsn(service)
    make_read_only(dsn)
    try:
        what = f"{service} cannot append to a read-only database"
        expect(ground.silent, what, lambda: f"{service}.ledger: " in server.unready())
        time.sleep(chance.uniform(0, 3))
    finally:
        make_writable(dsn)
    return service


def wipe_broker(ground: Ground, chance: random.Random) -> str:
    """RabbitMQ's data folder is deleted under it, and what waited in the queues for a worker is gone."""
    service = chance.choice(["supervision", "volunteers"])
    worker = ground.cluster.processes[service, "worker"]
    worker.kill(signal.SIGSTOP)
    time.sleep(1.5)
    ground.rabbit.wipe()
    worker.kill(signal.SIGCONT)
    return f"and what waited for the {service} worker"


def wipe_and_kill_broker(ground: Ground, chance: random.Random) -> str:
    """The same, and a kill -9 while queues are declared anew: RabbitMQ forgets such queues by half."""
    lost = wipe_broker(ground, chance)
    time.sleep(chance.uniform(0, 3))
    ground.rabbit.restart()
    return lost


def cut_broker(ground: Ground, chance: random.Random) -> str:
    """All connections to RabbitMQ are reset, and no new ones made, for some seconds."""
    ground.to_broker.cut()
    time.sleep(chance.uniform(0.1, 4))
    ground.to_broker.restore()
    return ""


def freeze_broker(ground: Ground, chance: random.Random) -> str:
    """Nothing comes through to RabbitMQ for longer than the heartbeats, and nobody is told."""
    return _silence([ground.to_broker], _LONGER_THAN_HEARTBEATS, chance)


def forget_broker(ground: Ground, _chance: random.Random) -> str:
    """All connections to RabbitMQ are silent from now on, for ever; new ones are not."""
    ground.to_broker.forget()
    return ""


def delay_broker(ground: Ground, chance: random.Random) -> str:
    """RabbitMQ is far away for some seconds."""
    ground.to_broker.delay(chance.uniform(0.1, 0.4))
    time.sleep(chance.uniform(2, 5))
    ground.to_broker.restore()
    return ""


def cut_database(ground: Ground, chance: random.Random) -> str:
    """All connections to PostgreSQL are reset, and no new ones made, for some seconds."""
    for door in ground.databases.doors:
        door.cut()
    time.sleep(chance.uniform(0.1, 4))
    for door in ground.databases.doors:
        door.restore()
    return ""


def freeze_database(ground: Ground, chance: random.Random) -> str:
    """Nothing comes through to PostgreSQL for some seconds, and nobody is told."""
    return _silence(ground.databases.doors, chance.uniform(2, 6), chance)


def delay_database(ground: Ground, chance: random.Random) -> str:
    """PostgreSQL is far away for some seconds."""
    seconds = chance.uniform(0.02, 0.1)
    for door in ground.databases.doors:
        door.delay(seconds)
    time.sleep(chance.uniform(2, 5))
    for door in ground.databases.doors:
        door.restore()
    return ""


FAULTS: Mapping[str, Fault] = {
    "kill -9 of a server": kill_server,
    "kill -9 of a worker": kill_worker,
    "kill -9 of a relay": kill_relay,
    "SIGSTOP of a worker": stop_worker,
    "kill -9 of RabbitMQ": kill_broker,
    "kill -9 of PostgreSQL": kill_database,
    "RabbitMQ cut off": cut_broker,
    "RabbitMQ silent": freeze_broker,
    "RabbitMQ's connections forgotten": forget_broker,
    "RabbitMQ slow": delay_broker,
    "PostgreSQL cut off": cut_database,
    "PostgreSQL silent": freeze_database,
    "PostgreSQL slow": delay_database,
    "PostgreSQL read-only": only_read,
    "forged batches": forge_batches,
    "forged batches by a user without the right": forge_as_another,
    "a server's clock jumps by days": jump_server,
    "a worker's clock jumps by days": jump_worker,
}
"""What is over within seconds."""

LONG: Mapping[str, Fault] = {
    "a worker's clock jumps by seconds": jump_worker_shortly,
    "a database restored from a backup": restore_backup,
    "a database recovered to a moment": recover_to_moment,
    "a standby that lags promoted": promote_standby,
    "a standby that lags promoted with calls in flight": promote_standby_under_load,
    "keys away": stop_keeper_of_keys,
}
"""What takes up to a minute."""

WIPES: Mapping[str, Fault] = {
    "RabbitMQ's data deleted": wipe_broker,
    "RabbitMQ's data deleted, then kill -9": wipe_and_kill_broker,
}
"""The broker loses all it has."""


def _with_worker(ground: Ground) -> list[str]:
    return [service for service, role in ground.cluster.processes if role == "worker"]


def _kill(ground: Ground, service: str, role: str) -> str:
    ground.cluster.kill(service, role)
    return f"{service} {role}"


def _silence(proxies: Sequence[Proxy], seconds: float, chance: random.Random) -> str:
    """What was held back arrives in the end, or the connections turn out to be gone."""
    for proxy in proxies:
        proxy.freeze()
    time.sleep(seconds)
    gone = chance.random() < 0.5
    for proxy in proxies:
        if gone:
            proxy.cut()
        proxy.restore()
    return "connections gone" if gone else "connections whole"
