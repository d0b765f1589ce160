"""Identity stands still for longer than the others may go on without hearing of revocations."""

import random
import signal
import time

import grpc
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.types.v1.types_pb2 import LocalizedText

from e2e.chaos.ground import KEYS_STALE_AFTER, Ground
from e2e.chaos.said import Said, expect
from e2e.city.platform import City
from libs.rpc.failures import RpcFailed
from services.command.registry import NAMES


def stop_keeper_of_keys(ground: Ground, chance: random.Random) -> str:
    """Nobody can know who was revoked: what takes a privilege is refused, and the rest goes on."""
    others = [Said(ground.cluster.processes[name, "server"]) for name in NAMES if name != "identity"]
    person = ground.person("keys-away")
    keeper = ground.cluster.processes["identity", "server"]
    keeper.kill(signal.SIGSTOP)
    try:
        time.sleep(KEYS_STALE_AFTER)
        _say_so(ground, others)
        expect(ground.silent, "catalog refuses a command with KEYS_STALE", lambda: _stale(person, chance))
        if not _can_read(person):
            ground.silent.append("what everybody may read was refused while the keys were away")
    finally:
        keeper.kill(signal.SIGCONT)
        person.client.close()
    for other in others:
        what = f"{other.process.name} logged that its key set is fresh again"
        expect(ground.silent, what, lambda s=other: s.logged("the key set is fresh again"))  # type: ignore[misc]
    return ""


def _say_so(ground: Ground, others: list[Said]) -> None:
    for other in others:
        name = other.process.name
        told = {
            f"{name} says by /readyz that its keys are old": lambda s=other: "the key set is" in s.unready(),
            f"{name} logged that its keys are old": lambda s=other: s.logged("the key set is stale"),
            f"{name} measures how old its keys are": lambda s=other: (
                s.metric("linli_keys_age_seconds") > KEYS_STALE_AFTER
            ),
        }
        for what, says in told.items():
            expect(ground.silent, what, says)


def _stale(person: City, chance: random.Random) -> bool:
    """Whether a command is refused because revocations may be missing."""
    mark = f"{chance.random():.9f}".replace(".", "-")
    name = LocalizedText(zh="新事项")
    request = catalog.DefineAffairRequest(request_id=mark, affair_id=f"keys-away-{mark}", name=name)
    try:
        person.catalog.define_affair(request)
    except RpcFailed as failed:
        return failed.code is grpc.StatusCode.UNAVAILABLE and failed.reason == "KEYS_STALE"
    return False


def _can_read(person: City) -> bool:
    try:
        return bool(person.catalog.list_affairs(catalog.ListAffairsRequest(page_size=1)).affairs)
    except RpcFailed:
        return False
