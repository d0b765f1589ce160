"""Several servers behind one channel: each rpc goes to the service that has it, or that its request names."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import grpc

_NAMING = ("source", "service")
"""Fields by which a request to an rpc that every service has (feed, operations) says whose it is."""


class Several(grpc.Channel):
    """Channels by the name of their service, as one.

    `linli.cases.v1.CasesService` is at `cases`; `linli.feed.v1.FeedService` is at all of them, and
    the request's `source` says which is meant; what nobody says goes to the first.
    """

    def __init__(self, channels: Mapping[str, grpc.Channel]) -> None:
        if not channels:
            raise ValueError("give at least one address")
        self._channels = dict(channels)
        self._first = next(iter(self._channels.values()))

    def unary_unary(self, method: str, *given: Any, **named: Any) -> Any:
        """A callable of the rpc."""
        return self._callable(method, lambda channel: channel.unary_unary(method, *given, **named))

    def unary_stream(self, method: str, *given: Any, **named: Any) -> Any:
        """A callable of the rpc."""
        return self._callable(method, lambda channel: channel.unary_stream(method, *given, **named))

    def stream_unary(self, method: str, *given: Any, **named: Any) -> Any:
        """A callable of the rpc."""
        return self._at(method).stream_unary(method, *given, **named)

    def stream_stream(self, method: str, *given: Any, **named: Any) -> Any:
        """A callable of the rpc."""
        return self._at(method).stream_stream(method, *given, **named)

    def subscribe(self, callback: Callable[..., None], try_to_connect: bool = False) -> None:
        """Hear how the first channel is."""
        self._first.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Callable[..., None]) -> None:
        """Hear no more."""
        self._first.unsubscribe(callback)

    def close(self) -> None:
        """Close them all."""
        for channel in self._channels.values():
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _callable(self, method: str, made: Callable[[grpc.Channel], Any]) -> Any:
        if (named := self._named(method)) is not None:
            return made(named)
        ways = {name: made(channel) for name, channel in self._channels.items()}

        def call(request: Any, *given: Any, **named: Any) -> Any:
            said = (str(getattr(request, field, "")) for field in _NAMING)
            way = next((ways[name] for name in said if name in ways), next(iter(ways.values())))
            return way(request, *given, **named)

        return call

    def _at(self, method: str) -> grpc.Channel:
        return self._named(method) or self._first

    def _named(self, method: str) -> grpc.Channel | None:
        """The channel of the service in the rpc's path: `/linli.cases.v1.CasesService/OpenCase`."""
        package = method.lstrip("/").split("/")[0].split(".")
        return next((self._channels[part] for part in package if part in self._channels), None)
