"""One process that runs services: gRPC, probes, projectors, delivery, clocks; started and stopped in order.

Stopping loses nothing and asks nobody to wait for long: first the doors close (not ready, no new
calls), then calls in flight finish, then deliveries and clocks stop, then the projectors catch up,
then the ledgers let go of the database.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from libs.disclosure import unusual
from libs.ledger.views.view import ViewBehind
from libs.messaging.clocks import ClockRunner
from libs.messaging.local import LocalDelivery
from libs.rpc.key_set import KeySet
from libs.runtime.config import guards
from libs.runtime.host import trying
from libs.runtime.host.checking import Checking
from libs.runtime.host.counting import Counting
from libs.runtime.host.key_set import key_set_of
from libs.runtime.host.listening import cannot_listen
from libs.runtime.host.opened import OpenService, broker_of, public_keys_of
from libs.runtime.host.process import Facts, noting
from libs.runtime.host.process_host import ProcessHost
from libs.runtime.host.readiness import UseOfViews, serving
from libs.runtime.host.threads import WatchedThread
from libs.telemetry import logs, metrics
from libs.telemetry.http import Endpoint

_log = logs.get("host")

_CATCH_UP = 5.0
_PATIENCE = 30.0
_READERS_EVERY = 60.0
_PATIENCE_OF_THE_FAILED = 1.0  # who waits for a store that is gone is ended with the process


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What a process does. `deliver` and `clocks` are the embedded platform's, `relay` is not."""

    api: bool = True
    projector: bool = True
    relay: bool = False
    deliver: bool = False
    clocks: bool = False

    @property
    def use_of_views(self) -> UseOfViews:
        """Queries and clocks read views; delivery and relay do not."""
        if self.projector:
            return "folded"
        return "read" if self.api or self.clocks else "none"


class Host(ProcessHost):
    """Runs some open services in threads, with whatever its roles ask for."""

    def __init__(
        self,
        services: Sequence[OpenService],
        roles: Roles,
        *,
        died: Callable[[], None] = lambda: None,
    ) -> None:
        """`died` is called when a thread of the process has died; `failed` then says which."""
        super().__init__(services, views=roles.use_of_views, keys=public_keys_of(services), died=died)
        self.roles = roles
        self.grpc_port = 0
        self._server: Any = None
        self._projectors: list[WatchedThread] = []
        self._others: list[WatchedThread] = []
        self._relays: list[WatchedThread] = []
        self._key_sets: list[WatchedThread] = []
        self._senders: list[WatchedThread] = []
        self._onlookers: list[WatchedThread] = []

    def _start_parts(self, http: Endpoint) -> None:
        if self.roles.projector:
            self._projectors = [self._projector(service, http) for service in self.services]
            _start_all(self._projectors)
            self._onlookers = self._watching()
            self._senders = [
                self._watched(f"sender-{service.name}", service.parts.sends)
                for service in self.services
                if service.parts.sends is not None
            ]
        if self.roles.api:
            self._serve(http)
        if self.roles.deliver:
            self._others += self._deliveries(http)
        if self.roles.clocks:
            self._others += [self._clock(service) for service in self.services if service.service.clocks]
        if self.roles.relay:
            self._relays = [self._relay(service, http) for service in self.services]
            self._onlookers += [self._trying_broker(service) for service in self.services]
        _start_all([*self._key_sets, *self._others, *self._relays, *self._senders, *self._onlookers])

    def _own_facts(self) -> Facts:
        return {"grpc_port": self.grpc_port} if self.grpc_port else {}

    def _stop_parts(self) -> None:
        if self._server is not None:
            grace = self.settings.drain.total_seconds()
            with noting("calls in flight"):
                self._server.drain(min(grace, _PATIENCE_OF_THE_FAILED) if self.failed else grace)
            self._server = None
        with noting("deliveries and clocks"):
            self._close_all([*self._key_sets, *self._others, *self._senders, *self._onlookers])
        with noting("views to catch up with the ledger"):
            self._let_projectors_catch_up()
        with noting("projectors and relays"):
            self._close_all([*self._projectors, *self._relays])

    def _stuck(self) -> Sequence[str]:
        """Threads and committers that wait for an answer.

        Where something between us and the database keeps a dead connection alive, nothing else ends that.
        """
        patience = self.settings.stuck_after.total_seconds()
        threads = [*self._projectors, *self._others, *self._relays]
        stuck = [thread.name for thread in threads if thread.silent() > patience]
        return stuck + [f"committer-{s.name}" for s in self.services if s.ledger.committing() > patience]

    def _serve(self, http: Endpoint) -> None:
        guards.refuse_patched_sockets()
        from libs.runtime.host.serving import server_of  # only processes that serve gRPC load it

        keys = self._key_set(http)
        self._server = server_of(
            self.services,
            self.settings,
            ready=lambda: serving(self.services, *http.ready_lately()),
            keys=keys,
        )
        for service in self.services:
            service.parts.on_start()
        try:
            self.grpc_port = self._server.start()
        except RuntimeError as error:
            raise cannot_listen(self.settings.grpc_address, error) from error

    def _key_set(self, http: Endpoint) -> KeySet:
        keys = key_set_of(self.services, self.settings)
        http.notes["keys"] = keys.note
        metrics.keys_age(lambda: keys.age)
        self._key_sets = [self._watched("keys", keys.follow, keys.interrupt)]
        return keys

    def _close_all(self, threads: Sequence[WatchedThread]) -> None:
        """Stop them together: they share the patience, and all are asked before one is waited for."""
        deadline = time.monotonic() + (_PATIENCE_OF_THE_FAILED if self.failed else _PATIENCE)
        for thread in threads:
            thread.ask()
        late = [each.name for each in threads if not each.close(max(0.0, deadline - time.monotonic()))]
        if late and not self.failed:
            _log.warning("threads did not stop in time and end with the process", threads=late)

    # -- threads -----------------------------------------------------------------------------------

    def _watched(self, name: str, run: Any, wake: Callable[[], None] = lambda: None) -> WatchedThread:
        return WatchedThread(name, run, wake=wake, died=self.fail)

    def _projector(self, service: OpenService, http: Endpoint) -> WatchedThread:
        http.notes[f"{service.name}.complete"] = service.projector.lacking
        return self._watched(f"projector-{service.name}", service.projector.run, service.views.hurry.set)

    def _watching(self) -> list[WatchedThread]:
        """What only looks on, for the metrics."""
        threads = [self._watched(f"verify-{s.name}", Checking(s.ledger).run) for s in self.services]
        for service in self.services:
            tries = trying.database(service.name, service.settings.database_url.reveal())
            threads.append(self._watched(f"tries-{service.name}", tries.run))
            if service.service.figures is not None:
                counting = Counting(service.service.figures, service.views)
                threads.append(self._watched(f"figures-{service.name}", counting.run))
            if service.discloses:
                readers = Counting(unusual.count, service.views, _READERS_EVERY)
                threads.append(self._watched(f"readers-{service.name}", readers.run))
        return threads

    def _trying_broker(self, service: OpenService) -> WatchedThread:
        tries = trying.its_broker(service.name, broker_of(service.settings))
        return self._watched(f"tries-broker-{service.name}", tries.run)

    def _clock(self, service: OpenService) -> WatchedThread:
        runner = ClockRunner(service.name, service.views, service.streams, service.service.clocks)
        return self._watched(f"clocks-{service.name}", runner.run)

    def _relay(self, service: OpenService, http: Endpoint) -> WatchedThread:
        relay = service.relay()
        told = http.notes if self.roles.api else http.checks  # who serves rpcs serves on without a relay
        told[f"{service.name}.relay"] = lambda: relay.trouble
        return self._watched(f"relay-{service.name}", relay.run, relay.wake)

    def _deliveries(self, http: Endpoint) -> list[WatchedThread]:
        """One thread for each service that has neighbours here to listen to."""
        sources = {service.name: service.source for service in self.services}
        threads = []
        for service in self.services:
            upstream = [sources[name] for name in service.service.subscriptions if name in sources]
            if upstream:
                delivery = LocalDelivery(service.inbox(), upstream)
                http.checks[f"{service.name}.inbox"] = delivery.trouble
                threads.append(self._watched(f"delivery-{service.name}", delivery.run, delivery.wake))
        return threads

    def _let_projectors_catch_up(self) -> None:
        """Bounded: whatever is not folded now is folded at the next start."""
        deadline = time.monotonic() + _CATCH_UP
        for service in self.services if self._projectors and not self.failed else ():
            if service.projector.status().state != "active":
                continue
            head = service.ledger.revision(service.ledger.known_head)
            for view in service.views:
                try:
                    with service.views.read(view.name, head, max(0.0, deadline - time.monotonic())):
                        pass
                except ViewBehind:
                    _log.info("view is behind at shutdown", view=view.name)
                except psycopg.Error:
                    return  # the database is away: nobody can catch up


def _start_all(threads: Sequence[WatchedThread]) -> None:
    for thread in threads:
        thread.start()
