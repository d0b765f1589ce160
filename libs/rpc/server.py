"""The gRPC server: threads, health, reflection, limits, and a drain that loses nothing."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2

from libs.query.freshness import Recording
from libs.rpc import probes
from libs.rpc.admission import Admission
from libs.rpc.call import Clock, wall_clock
from libs.rpc.certificates import credentials
from libs.rpc.delegating import Delegations
from libs.rpc.disclosing import Notes
from libs.rpc.interceptors import Authority, Nobody
from libs.rpc.messages import Catalogue
from libs.rpc.methods import methods_of, serving
from libs.rpc.pipeline import Rpc, ServerContext
from libs.rpc.principal import Consents
from libs.rpc.reflection import Reflection
from libs.rpc.routes import Routes
from libs.rpc.settings import ServerSettings
from libs.rpc.streams import Streams
from libs.rpc.waiting import WaitingRoom
from libs.rpc.workers import Workers
from libs.telemetry import metrics
from libs.telemetry.certificates import Certificates

_LOOK = 1.0  # seconds after which those who watch health hear of a change


class Server:
    """Serves api objects. `add` them all, `start`, and `drain` at the end."""

    def __init__(
        self,
        settings: ServerSettings | None = None,
        authority: Authority | None = None,
        *,
        clock: Clock = wall_clock,
        ready: Callable[[], Mapping[str, bool]] = dict,
    ) -> None:
        """`authority` is a `Verifier`; without it only public rpcs answer.

        `ready` is asked by health, at each check and every second: which services serve (by full name;
        "" for those that it does not name). It may wait, and be asked by several threads at once.
        """
        refuse_patched_sockets()
        self.settings = settings or ServerSettings()
        self.port = 0
        self._workers = Workers(self.settings.workers)
        self._room = WaitingRoom(self._workers, self.settings.parked, max(1, self.settings.parked // 4))
        self._authority = authority or Nobody()
        streams = Streams()
        self._admission = Admission(self.settings, self._authority, self._workers, streams)
        self._context = ServerContext(
            authority=self._authority,
            clock=clock,
            max_message=self.settings.max_message,
            limits=self._admission.limits,
            room=self._room,
            streams=streams,
            region=self.settings.region,
            proxies=self.settings.trusted_proxies,
        )
        self._health_threads = ThreadPoolExecutor(4, thread_name_prefix="health")
        self._health_teller = ThreadPoolExecutor(1, thread_name_prefix="health-watch")
        self._reflection_threads = ThreadPoolExecutor(8, thread_name_prefix="reflection")
        self._names: list[str] = []
        self._ready = ready
        self._health = health.HealthServicer()
        self._told: dict[str, bool] = {}
        self._telling = threading.Lock()
        self._stopped = threading.Event()
        self._held = probes.Held()
        self._routes = Routes()
        threads = cast("ThreadPoolExecutor", self._admission)  # grpc only submits
        self._server = grpc.server(threads, [self._routes], options=_options(self.settings))

    def add(
        self,
        service: ServiceDescriptor,
        api: object,
        messages: Catalogue | None = None,
        recording: Recording | None = None,
        notebook: Notes | None = None,
        consents: Consents | None = None,
        delegations: Delegations | None = None,
    ) -> None:
        """Serve `service` by `api`: rpc `OpenCase` calls `api.open_case(request, call)`.

        `messages` are the refusals' texts in other languages: `{"zh": {"CASE_IS_CLOSED": "…"}}`.
        `recording` is the ledger of the service: an rpc whose request names a revision (`at_least`) beyond
        what that holds is refused at once (VIEW_BEHIND).
        `notebook` stores who reads whose personal data; `consents` tells who may act in whose name,
        `delegations` who in the place of which body.
        Raises TypeError when an rpc has no method on `api`, or shows personal data and does not declare it.
        """
        for method in methods_of(service):
            serve = serving(method, api)
            about = (messages or {}, recording, notebook, consents, delegations)
            rpc = Rpc(self._context, method, serve, *about)
            self._routes.serve(method.path, rpc)
        self._names.append(service.full_name)

    def start(self) -> int:
        """Bind, serve, say SERVING; answers the port.

        Raises RuntimeError when the address is taken, `CertificatesUnusable`.
        """
        threads, names = (self._health_threads, self._health_teller), {"", *self._names}
        probes.add_health(self._routes, self._health, *threads, self._held, self.serving, names)
        if self.settings.reflection:
            reflection = Reflection(self._names, self._authority, self._admission.limits)
            reflection.add(self._routes, self._reflection_threads, self._held)
        self.port = self._bind()
        settings = self.settings
        metrics.rpc_limits(
            running=settings.workers,
            waiting=settings.waiting,
            parked=settings.parked,
            streams=settings.streams,
        )
        metrics.rpc_load(
            running=lambda: self._workers.running,
            waiting=lambda: self._workers.waiting,
            parked=lambda: self._room.waiting,
            streams=lambda: self._admission.slots.taken,
        )
        self.serving()
        self._server.start()
        threading.Thread(target=self._keep_telling, name="health", daemon=True).start()
        return self.port

    def serving(self) -> None:
        """Tell health which services answer; "" is the server overall."""
        ready = self._ready()
        good = {name: ready.get(name, ready.get("", True)) for name in self._names}
        overall = ready.get("", True) and all(good.values())
        with self._telling:
            for name, well in {**good, "": overall}.items():
                if self._told.get(name) is not well:  # each telling goes to all who watch
                    state = health_pb2.HealthCheckResponse
                    self._health.set(name, state.SERVING if well else state.NOT_SERVING)
                    self._told[name] = well

    def _keep_telling(self) -> None:
        """Tell those who watch health: they ask once."""
        while not self._stopped.wait(_LOOK):
            self.serving()

    def drain(self, grace: float | None = None) -> None:
        """Say NOT_SERVING, stop accepting, let rpcs in flight finish for `grace` seconds, then end them."""
        self._stopped.set()
        self._health.enter_graceful_shutdown()
        time.sleep(self.settings.notice)
        self._context.draining.set()
        self._context.streams.wake()
        stopped = self._server.stop(self.settings.grace if grace is None else grace)
        self._held.end()
        stopped.wait()
        self._admission.shutdown()
        for pool in (self._health_threads, self._health_teller, self._reflection_threads):
            pool.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        """Block until the server has stopped."""
        self._server.wait_for_termination()

    def _bind(self) -> int:
        settings = self.settings
        if settings.tls_cert is None or settings.tls_key is None:
            return int(self._server.add_insecure_port(settings.address))
        ours = Certificates(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
        return int(self._server.add_secure_port(settings.address, credentials(ours)))


def _options(settings: ServerSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", settings.max_message + 1024 * 1024),
        ("grpc.max_send_message_length", 4 * settings.max_message),
        ("grpc.max_connection_age_ms", int(settings.connection_age * 1000)),
        ("grpc.max_connection_age_grace_ms", int(settings.connection_grace * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ]


def refuse_patched_sockets() -> None:
    """Raise RuntimeError if eventlet has patched the sockets: grpc would hang in such a process."""
    eventlet = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("socket"):
        raise RuntimeError(
            "eventlet has patched this process' sockets, and gRPC hangs on those: run "
            "the gRPC server in a process of its own, started by exec"
        )
