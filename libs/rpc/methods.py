"""What the proto says of each rpc: its messages, its access, and the api method that serves it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from linli.acting.v1 import acting_options_pb2
from linli.options.v1 import access_pb2
from linli.privacy.v1 import privacy_options_pb2

from libs.rpc.naming import snake_case

CONSENT = "x-linli-consent"
"""The metadata in which a helper names the consent by which they call in somebody's name."""
DELEGATION = "x-linli-delegation"
"""The metadata in which an officer names the delegation by which they call in the place of another body."""
CHECKED_SCOPES = frozenset(
    {
        access_pb2.DATA_SCOPE_AREA,
        access_pb2.DATA_SCOPE_BODY,
        access_pb2.DATA_SCOPE_AREA_OR_BODY,
        access_pb2.DATA_SCOPE_SELF,
    }
)
"""Data scopes whose rpcs must look at the caller's reach (or own id) before they answer."""


def standing_in(consent: str | None = None, delegation: str | None = None) -> dict[str, str]:
    """The metadata of a client that calls by a consent or a delegation; empty in one's own right."""
    named = {CONSENT: consent, DELEGATION: delegation}
    return {key: value for key, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Method:
    """One rpc as its proto declares it."""

    path: str
    service: str
    name: str
    request: type[Message]
    response: type[Message]
    streams: bool
    access: access_pb2.Access | None
    discloses: privacy_options_pb2.Discloses
    on_behalf: str = ""
    by_delegation: bool = False

    @property
    def declared(self) -> bool:
        """Whether the proto says who may call: without that nobody may."""
        access = self.access
        if access is None:
            return False
        if access.public:
            return not access.scopes
        if access.data_scope == access_pb2.DATA_SCOPE_UNSPECIFIED:
            return False
        return bool(access.scopes) or access.data_scope == access_pb2.DATA_SCOPE_SELF

    @property
    def must_consult(self) -> bool:
        """Whether the api method must look at the caller's reach before it answers."""
        return self.access is not None and not self.access.public and self.access.data_scope in CHECKED_SCOPES


def method_of(descriptor: MethodDescriptor) -> Method:
    """The rpc that the descriptor describes."""
    if descriptor.client_streaming:
        raise TypeError(f"{descriptor.full_name} streams from the client; only the server may stream")
    options = descriptor.GetOptions()
    declared = options.HasExtension(access_pb2.access)
    service = descriptor.containing_service.full_name
    return Method(
        path=f"/{service}/{descriptor.name}",
        service=service,
        name=descriptor.name,
        request=message_factory.GetMessageClass(descriptor.input_type),
        response=message_factory.GetMessageClass(descriptor.output_type),
        streams=descriptor.server_streaming,
        access=options.Extensions[access_pb2.access] if declared else None,
        discloses=options.Extensions[privacy_options_pb2.discloses],
        on_behalf=options.Extensions[acting_options_pb2.on_behalf],
        by_delegation=options.Extensions[acting_options_pb2.by_delegation],
    )


def methods_of(service: ServiceDescriptor) -> Iterator[Method]:
    """All rpcs of a service, in the order of the proto."""
    return map(method_of, service.methods)


def serving(method: Method, api: object) -> Callable[..., object]:
    """The method of `api` that serves the rpc: `OpenCase` -> `api.open_case(request, call)`."""
    found = getattr(api, snake_case(method.name), None)
    if not callable(found):
        message = f"{method.path} has no method {snake_case(method.name)} on {type(api).__name__}"
        raise TypeError(message)
    return found  # type: ignore[no-any-return] # getattr's answer is Any
