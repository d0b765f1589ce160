"""A client for partners and tests: typed errors, deadlines, tokens that refresh, retries where they are safe.

client = connect("127.0.0.1:7400", credentials=Token("eyJ…"))
cases = client.service(cases_service_pb2.DESCRIPTOR.services_by_name["CasesService"])
opened = cases.open_case(OpenCaseRequest(request_id="r-1", …))
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from libs.retry.backoff import Backoff
from libs.rpc.channels import Several
from libs.rpc.credentials import Credentials, Token
from libs.rpc.failures import RpcFailed, failure_of
from libs.rpc.methods import Method, methods_of
from libs.rpc.naming import snake_case
from libs.telemetry import conventions, traces

DEADLINE = 10.0
_IN_TURN = (("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),)
_SAFE_STARTS = ("Get", "List", "Search", "Read", "Locate", "Count", "Find")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a client tries again: `tries` in all, waiting `first` seconds, then double, up to `most`."""

    tries: int = 5
    first: float = 0.1
    most: float = 2.0

    def pause(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next try: what the server asked for, or a growing random pause."""
        backoff = Backoff(first=self.first, most=self.most, jitter=0.5)
        return max(asked or 0.0, backoff.pause(attempt))


class Client:
    """Calls rpcs over one channel. Safe to share between threads."""

    def __init__(
        self,
        channel: grpc.Channel,
        credentials: Credentials | None = None,
        *,
        deadline: float = DEADLINE,
        patience: Patience | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.channel = channel
        self._credentials = credentials or Token()
        self._deadline = deadline
        self._patience = patience or Patience()
        self.metadata = tuple((metadata or {}).items())
        self._calls: dict[str, Callable[..., Any]] = {}

    def token(self) -> str:
        """The token that calls carry now; "" when they carry none."""
        return self._credentials.token()

    def service(self, descriptor: ServiceDescriptor) -> "ServiceStub":
        """The rpcs of a service as methods: `client.service(…).open_case(request, deadline=3.0)`."""
        return ServiceStub(self, descriptor)

    def call(self, service: str, rpc: str, request: Message, *, deadline: float | None = None) -> Any:
        """Call by names: `client.call("linli.cases.v1.CasesService", "OpenCase", request)`."""
        pool = descriptor_pool.Default()
        return getattr(self.service(pool.FindServiceByName(service)), snake_case(rpc))(
            request, deadline=deadline
        )

    def unary(self, method: Method, request: Message, deadline: float | None = None) -> Any:
        """Call a unary rpc. Raises RpcFailed, after the retries that are safe."""
        call = self._callable(method)
        ends = time.monotonic() + (deadline or self._deadline)
        attempt = 0
        while True:
            token = self._credentials.token()
            try:
                left = max(0.001, ends - time.monotonic())
                return self._tried(call, method, request, left, token)
            except grpc.RpcError as error:
                failed = failure_of(method.path, error)
            attempt += 1
            pause = self._patience.pause(attempt, failed.retry_after)
            if _is_about_the_token(failed) and self._credentials.refused(token):
                pause = 0.0
            elif not failed.passing or not is_safe(method, request):
                raise failed
            if attempt >= self._patience.tries or time.monotonic() + pause >= ends:
                raise failed
            time.sleep(pause)

    def _tried(
        self, call: Callable[..., Any], method: Method, request: Message, timeout: float, token: str
    ) -> Any:
        """Call once: a span of its own, if there is anybody who collects it."""
        if not traces.collected():
            return call(request, timeout=timeout, metadata=self._sent(token))
        with conventions.called(method.path[1:]) as span:
            try:
                answer = call(request, timeout=timeout, metadata=self._sent(token))
            except grpc.RpcError as error:
                conventions.answered(span, error.code().name, failure_of(method.path, error).reason)
                raise
            conventions.answered(span, "OK")
            return answer

    def stream(self, method: Method, request: Message, deadline: float | None = None) -> Iterator[Any]:
        """Call a server-streaming rpc; without a deadline it follows for as long as both sides live."""
        metadata = self._sent(self._credentials.token())
        answers = self._callable(method)(request, timeout=deadline, metadata=metadata)
        try:
            yield from answers
        except grpc.RpcError as error:
            raise failure_of(method.path, error) from None
        finally:
            answers.cancel()

    def close(self) -> None:
        """Close the channel."""
        self.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _callable(self, method: Method) -> Callable[..., Any]:
        call = self._calls.get(method.path)
        if call is None:
            make: Callable[..., Any] = (
                self.channel.unary_stream if method.streams else self.channel.unary_unary
            )
            call = make(method.path, method.request.SerializeToString, method.response.FromString)
            self._calls[method.path] = call
        return call

    def _sent(self, token: str) -> tuple[tuple[str, str], ...]:
        sent = (*self.metadata, ("traceparent", traces.traceparent() or traces.new_traceparent()))
        return (*sent, ("authorization", f"Bearer {token}")) if token else sent


class ServiceStub:
    """The rpcs of one service: `stub.open_case(request)`; streaming rpcs answer iterators."""

    def __init__(self, client: Client, descriptor: ServiceDescriptor) -> None:
        for method in methods_of(descriptor):
            setattr(self, snake_case(method.name), _bound(client, method))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"the service has no rpc {name}")


def _bound(client: Client, method: Method) -> Callable[..., Any]:
    made = client.stream if method.streams else client.unary

    def call(request: Message, *, deadline: float | None = None) -> Any:
        return made(method, request, deadline)

    return call


def _is_about_the_token(failed: RpcFailed) -> bool:
    """Another token may help. It does not help against a wrong password: trying again locks people out."""
    return failed.code is grpc.StatusCode.UNAUTHENTICATED and failed.reason.startswith("TOKEN_")


def is_safe(method: Method, request: Message) -> bool:
    """Whether the rpc may be called again when it is unknown what became of it.

    Reads may, by their names; writes may when the request carries a `request_id`, for then the server
    does the work once and repeats its answer.
    """
    return bool(getattr(request, "request_id", "")) or method.name.startswith(_SAFE_STARTS)


def connect(
    address: str | Mapping[str, str],
    credentials: Credentials | None = None,
    *,
    tls_roots: bytes | None = None,
    tls_cert: bytes | None = None,
    tls_key: bytes | None = None,
    tls: bool = False,
    **settings: Any,
) -> Client:
    """A client of the server at `address` (host:port). `tls_roots` are CA certificates in PEM.

    `dns:///HOST:PORT`, a name with several addresses, or `ipv4:HOST:PORT,HOST:PORT` means several servers
    of one service: the calls go to them in turn, and those that are away are left out.

    `tls` without them: the system's list counts. `tls_cert` and `tls_key` (PEM): the client's own
    certificate and its key, for servers that ask for one.

    Where each service has a server of its own, `address` maps their names to addresses:
    `{"cases": "cases:7400", ...}`. `settings` are those of Client: deadline, patience, metadata.
    """
    options = [
        ("grpc.max_receive_message_length", 64 * 1024 * 1024),
        ("grpc.enable_retries", 0),
        # A server that restarts is found again within a second, not after the default's minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # Whatever its name says: how long a connection may take to come about, before the next is tried.
        ("grpc.min_reconnect_backoff_ms", 5000),
    ]
    encrypted = tls or tls_roots is not None or tls_cert is not None
    trusted = grpc.ssl_channel_credentials(tls_roots, tls_key, tls_cert) if encrypted else None

    def channel_to(one: str) -> grpc.Channel:
        chosen = [*options, *(_IN_TURN if _is_several(one) else ())]
        if trusted is not None:
            return grpc.secure_channel(one, trusted, chosen)
        return grpc.insecure_channel(one, chosen)

    if isinstance(address, str):
        return Client(channel_to(address), credentials, **settings)
    return Client(Several({name: channel_to(one) for name, one in address.items()}), credentials, **settings)


def _is_several(address: str) -> bool:
    """Whether an address means several servers. One alone is waited for while it starts again."""
    return address.startswith("dns:") or "," in address
