"""An upgrade as an operator makes it, and a rollback, while callers find each service behind one door."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

from e2e.chaos.faults import Fault
from e2e.chaos.ground import Ground, ground
from e2e.chaos.load import enter
from e2e.city.platform import City
from e2e.upgrade.releases import Release
from libs.runtime.cluster.processes import Cluster, Member
from libs.testkit import patience
from libs.testkit.proxy import Proxy
from services.command.registry import NAMES

_READY_WITHIN = 120.0
_MIXED = 4.0
"""Seconds for which both releases work side by side."""
_KEEPER_OF_KEYS = "identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides(Ground):
    """A ground whose services may each have two servers, of two releases, behind one door."""

    to_keys: Proxy

    def person(self, name: str) -> City:
        """The services in the name of somebody who may do everything; calls go to whichever servers run."""
        return enter(self.doors(), self.token(name))

    def doors(self) -> Mapping[str, str]:
        """Where each service is found: at the first server, at the second, or at both."""
        return {name: f"ipv4:{self.cluster.door(name)},{self.cluster.door(name, 2)}" for name in NAMES}

    def take(self, release: Release) -> None:
        """From now on, what is started runs this release."""
        self.cluster.members.update({member.name: member for member in _members(release, self.to_keys)})


@contextmanager
def sides(folder: Path, release: Release) -> Iterator[Sides]:
    """A cluster that runs a release and knows the town."""
    clusters: list[Cluster] = []

    def keeper() -> tuple[str, int]:
        """The others fetch the keys of tokens and batches from whichever server of identity runs."""
        host, _, port = next(
            process.http
            for (service, role), process in clusters[0].processes.items()
            if service == _KEEPER_OF_KEYS and role.startswith("server")
        ).rpartition(":")
        return host, int(port)

    with (
        Proxy(keeper) as to_keys,
        ground(folder, _members(release, to_keys), prepare=clusters.append) as made,
    ):
        yield Sides(**{field.name: getattr(made, field.name) for field in fields(made)}, to_keys=to_keys)


def upgrade(to: Release) -> Mapping[str, Fault]:
    """The steps from whatever runs to another release: the schema, both side by side, the new one alone."""
    return {
        f"{to.name} starts beside": lambda ground, _chance: _start_beside(_both(ground), to),
        f"{to.name} works beside the other": lambda ground, _chance: _wait(_both(ground)),
        f"{to.name} is alone": lambda ground, _chance: _end_others(_both(ground), to),
    }


def finish(of: Release) -> Mapping[str, Fault]:
    """The last step, when no other release runs any more: what only it needed is taken away."""
    return {f"the schema is contracted to {of.name}": lambda ground, _chance: _contract(_both(ground))}


def _start_beside(both: Sides, release: Release) -> str:
    both.take(release)
    both.cluster.migrate()
    for service, role in sorted(both.cluster.processes):
        both.cluster.extra(service, role.partition("-")[0])  # noqa: S610  # no Django here
    both.cluster.wait_until_ready(patience.seconds(_READY_WITHIN))
    return ""


def _wait(both: Sides) -> str:
    time.sleep(_MIXED)
    return f"{len(both.cluster.processes)} processes"


def _end_others(both: Sides, release: Release) -> str:
    """As Kubernetes does: asked to end, they drain."""
    path = release.environ["PYTHONPATH"]
    others = {
        key: process
        for key, process in both.cluster.processes.items()
        if process.environ["PYTHONPATH"] != path
    }
    for process in others.values():
        process.ask()
    for key, process in others.items():
        assert process.stop(), f"{process.name} did not end by itself"
        del both.cluster.processes[key]
    return f"{len(others)} processes ended"


def _contract(both: Sides) -> str:
    both.cluster.migrate("--contract")
    return ""


def _members(release: Release, to_keys: Proxy) -> list[Member]:
    url = f"http://127.0.0.1:{to_keys.port}/keys.json"
    return [
        member
        if member.name == _KEEPER_OF_KEYS
        else replace(member, environ={**member.environ, "LINLI_KEYS_URL": url})
        for member in release.members()
    ]


def _both(ground: Ground) -> Sides:
    assert isinstance(ground, Sides)
    return ground
