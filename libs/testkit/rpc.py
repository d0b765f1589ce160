"""To test api classes over the real wire: tokens, a server for a while, and every rpc with every role."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from linli.options.v1 import access_pb2

from libs.rpc.access import CLIENT, PERSON, Grant
from libs.rpc.call import Clock, wall_clock
from libs.rpc.client import Client, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed, failure_of
from libs.rpc.key_set import KeySet
from libs.rpc.keys import SigningKey, jwks
from libs.rpc.limits.quota import Quota
from libs.rpc.methods import Method, methods_of
from libs.rpc.server import Server
from libs.rpc.signed_keys import signed
from libs.rpc.tokens import Issuer, Verifier

_LONG = timedelta(hours=8)
PLENTY = Quota(calls_per_second=100_000, concurrent_calls=400, streams=64)
"""More than any test needs."""


class Mint:
    """Issues tokens for tests and verifies them, with a key of its own; their quotas are in nobody's way.

    `Server(authority=mint.verifier)`, then `connect(address, mint.person("DISPATCHER"))`.
    """

    def __init__(
        self,
        key: SigningKey | None = None,
        clock: Clock = wall_clock,
        quota: Quota | None = PLENTY,
    ) -> None:
        """`key` is identity's signing key when tokens are to be good for a real platform.

        `quota`: None for what people and clients have by default.
        """
        self.quota = quota
        self.key = key or SigningKey.generate()
        self.issuer = Issuer(self.key, clock=clock)
        self.verifier = Verifier(KeySet.of(lambda: jwks([self.key])), clock=clock)

    def person(self, *roles: str, subject: str = "", area: str = "", body: str = "", path: str = "") -> Token:
        """A person with the roles, all within the same limits; without limits they reach everything."""
        grants = [Grant(role, area=area, body=body, path=path) for role in roles]
        return self.holding(subject or f"person-{'-'.join(roles).lower()}", *grants)

    def holding(self, subject: str, *grants: Grant) -> Token:
        """A person with grants, each within limits of its own."""
        issued = self.issuer.issue(subject, kind=PERSON, grants=grants, quota=self.quota, lifetime=_LONG)
        return Token(issued.token)

    def client(self, *scopes: str, subject: str = "client-1", grants: Sequence[Grant] | None = None) -> Token:
        """A partner's client with the scopes, reaching everything unless `grants` say otherwise."""
        given = [Grant("PARTNER")] if grants is None else grants
        issued = self.issuer.issue(
            subject, kind=CLIENT, grants=given, scopes=scopes, quota=self.quota, lifetime=_LONG
        )
        return Token(issued.token)


def published_keys(key: SigningKey) -> str:
    """What a file must hold so that tokens signed with the key are good: a key set, signed just now."""
    return json.dumps(signed(jwks([key]), key, wall_clock()))


@contextmanager
def serving(server: Server) -> Iterator[str]:
    """The server's address while the block runs."""
    port = server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.drain(1.0)


def every_rpc(*services: ServiceDescriptor) -> list[Method]:
    """All rpcs of the services."""
    return [method for service in services for method in methods_of(service)]


def roles() -> dict[str, frozenset[str]]:
    """Each role and its scopes, as the proto says."""
    values = access_pb2.Role.DESCRIPTOR.values
    given = {value.name.removeprefix("ROLE_"): value.GetOptions() for value in values if value.number}
    return {
        role: frozenset(options.Extensions[access_pb2.scopes].split(",")) for role, options in given.items()
    }


@dataclass(frozen=True, slots=True)
class Deviation:
    """An rpc that lets somebody in, or keeps somebody out, against its declaration."""

    rpc: str
    who: str
    declared: str
    found: str


_LOCKED_OUT = {"TOKEN_MISSING", "TOKEN_INVALID", "SCOPE_MISSING", "ACCESS_NOT_DECLARED", "ACCESS_NOT_CHECKED"}


def deviations(address: str, mint: Mint, methods: Iterable[Method]) -> list[Deviation]:
    """Call every rpc as nobody, as each role, and as a client with each single scope; [] when all is well.

    Requests are empty: access is decided before a request is looked at, and an empty one does no harm.
    """
    found: list[Deviation] = []
    held: dict[str, tuple[Token, frozenset[str] | None]] = {"nobody": (Token(), None)}
    held |= {role: (mint.person(role), scopes) for role, scopes in roles().items()}
    for scope in sorted(set().union(*roles().values())):
        held[f"client {scope}"] = (mint.client(scope), frozenset({scope}))
    for who, (token, scopes) in held.items():
        with connect(address, token) as client:
            for method in methods:
                declared = _declared(method, scopes)
                outcome = _door(client, method)
                if outcome != declared:
                    found.append(Deviation(method.path, who, declared, outcome))
    return found


def _declared(method: Method, scopes: frozenset[str] | None) -> str:
    """What the proto says should happen at the door to somebody with these scopes (None: no token)."""
    access = method.access
    if access is None or (not access.public and not access.data_scope):
        return "ACCESS_NOT_DECLARED"
    if access.public:
        return "let in"
    if scopes is None:
        return "TOKEN_MISSING"
    asked = set(access.scopes)
    if not asked:
        return "let in" if access.data_scope == access_pb2.DATA_SCOPE_SELF else "ACCESS_NOT_DECLARED"
    return "let in" if asked & scopes else "SCOPE_MISSING"


def _door(client: Client, method: Method) -> str:
    failed = answer_to(client, method, b"")
    return failed.reason if failed is not None and failed.reason in _LOCKED_OUT else "let in"


def answer_to(
    client: Client, method: Method, raw: bytes, deadline: float = 10.0, *, silent: float = 0.2
) -> RpcFailed | None:
    """Send bytes as they are; the failure, or None when the rpc answered (a stream: its first answer).

    A stream that says nothing for `silent` seconds counts as one that answered.
    """
    token = client.token()
    metadata = client.metadata + ((("authorization", f"Bearer {token}"),) if token else ())
    try:
        if not method.streams:
            unary: Any = client.channel.unary_unary(method.path)
            unary(raw, timeout=deadline, metadata=metadata)
            return None
        stream: Any = client.channel.unary_stream(method.path)
        answers = stream(raw, timeout=min(deadline, silent), metadata=metadata)
        try:
            next(answers, None)
        finally:
            answers.cancel()
    except grpc.RpcError as error:
        failed = failure_of(method.path, error)
        still_following = method.streams and failed.code is grpc.StatusCode.DEADLINE_EXCEEDED
        return None if still_following else failed
    return None
