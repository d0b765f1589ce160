"""Linli on a cluster, as the load and the checker of `make chaos` see it: by doors, with its own keys."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from e2e.chaos.evidence import Loss
from e2e.chaos.gate import Gate
from e2e.chaos.load import ANSWERED_WITHIN
from e2e.chaos.services import Services
from e2e.city.platform import City
from e2e.cluster.callers import Callers, calling
from e2e.cluster.doors import doors
from e2e.cluster.release import Release
from libs.rpc.client import Patience
from libs.runtime.config.settings import Secret, Settings
from libs.testkit.eventually import eventually

_LOOK = 1.0
"""Seconds between two looks at the cluster: each starts a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A release that runs, and whoever calls it; `e2e.chaos.run` judges it as it judges a `Ground`."""

    release: Release
    callers: Callers
    services: Services
    gate: Gate = field(default_factory=Gate)
    silent: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def person(self, name: str) -> City:
        """The services in the first operator's name; `name` tries again by themselves, and for longer."""
        return self.callers.operator(deadline=ANSWERED_WITHIN, patience=Patience(tries=1))

    def ready(self) -> bool:
        """Whether all pods are ready that there are, and there are enough. A no takes a moment."""
        if not self.unready():
            return True
        time.sleep(_LOOK)
        return False

    def unready(self) -> list[str]:
        """Of which Deployments and StatefulSets some pods are not ready, or too few."""
        return [
            f"{each['metadata']['name']} has {each['status']}"
            for each in self.release.get("deployments,statefulsets")
            if not has_its_pods(each)
        ]


def has_its_pods(workload: Mapping[str, Any]) -> bool:
    """Whether all of its pods are ready, of whichever release, and they are as many as they should be."""
    status = workload["status"]
    ready = status.get("readyReplicas", 0)
    return seen(workload) and status.get("replicas", 0) == ready >= workload["spec"]["replicas"]


def seen(workload: Mapping[str, Any]) -> bool:
    """Whether its controller has seen what it should be now."""
    return bool(workload["status"].get("observedGeneration", 0) >= workload["metadata"]["generation"])


def until_none(late: Callable[[], list[str]], what: str, seconds: float) -> None:
    """Look until there is nobody left who is late; a look starts a process, so there is time between them."""

    def look() -> bool:
        names = late()
        time.sleep(_LOOK if names else 0)
        assert not names, names
        return True

    eventually(look, what, seconds=seconds)


@contextmanager
def entered(release: Release, folder: Path) -> Iterator[Installation]:
    """A release that is installed, in evaluation mode; `folder` is an empty one."""
    postgresql = f"{release.fullname}-postgresql"
    with (
        calling(release, release.secret("tls", "ca.crt")) as callers,
        doors(release.cluster, release.namespace, {postgresql: 5432}) as at,
        closing(_services(release, at[postgresql], folder)) as services,
    ):
        yield Installation(release=release, callers=callers, services=services)


def _services(release: Release, server: str, folder: Path) -> Services:
    """Its services, whose PostgreSQL is found at `server`, `HOST:PORT`."""
    host, _, port = server.rpartition(":")
    signing_key = folder / "signing-key.pem"
    signing_key.write_bytes(release.secret("signing-key", "signing-key.pem"))

    def text(name: str, key: str) -> str:
        return release.secret(name, key).decode().strip()

    def address(database: str, user: str, password: str) -> Secret[str]:
        return Secret(make_conninfo(host=host, port=port, dbname=database, user=user, password=password))

    def settings(name: str) -> Settings:
        owner, user = (text(f"{name}-database", key) for key in ("owner-password", "password"))
        return Settings(
            database_url=address(f"linli_{name}", f"linli_{name}_owner", owner),
            master_key=Secret(text("master-key", "master-key")),
            key_store=address("linli_keys", f"linli_{name}", user),
            cell=release.name,
            pool_size=3,
        )

    return Services(settings, signing_key)
