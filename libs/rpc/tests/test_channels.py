"""Several servers behind one client: each rpc finds the service that has it."""

from typing import Any, Self

import grpc
import pytest
from linli.feed.v1 import feed_service_pb2 as feed

from libs.rpc.channels import Several
from libs.testkit import patience

READ = "/linli.feed.v1.FeedService/ReadEvents"
FOLLOW = "/linli.feed.v1.FeedService/FollowEvents"


class Named(grpc.Channel):
    """A channel to a server that answers each call with its own name and the rpc's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = False

    def unary_unary(self, method: str, *_: Any, **__: Any) -> Any:
        return lambda _request, **_named: (self.name, method)

    def unary_stream(self, method: str, *_: Any, **__: Any) -> Any:
        return self.unary_unary(method)

    def stream_unary(self, method: str, *_: Any, **__: Any) -> Any:
        raise AssertionError

    def stream_stream(self, method: str, *_: Any, **__: Any) -> Any:
        raise AssertionError

    def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
        raise AssertionError

    def unsubscribe(self, callback: Any) -> None:
        raise AssertionError

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_an_rpc_goes_to_the_service_whose_it_is() -> None:
    several = Several({name: Named(name) for name in ("identity", "cases")})

    for name in ("identity", "cases"):
        path = f"/linli.{name}.v1.Service/GetOne"
        assert several.unary_unary(path)(object(), timeout=patience.seconds(1)) == (name, path)


def test_an_rpc_that_all_of_them_have_goes_to_the_one_that_its_request_names() -> None:
    several = Several({name: Named(name) for name in ("identity", "cases")})

    for name in ("identity", "cases"):
        assert several.unary_unary(READ)(feed.ReadEventsRequest(source=name)) == (name, READ)
        assert several.unary_stream(FOLLOW)(feed.FollowEventsRequest(source=name)) == (name, FOLLOW)


def test_an_rpc_that_names_nobody_goes_to_the_first() -> None:
    several = Several({name: Named(name) for name in ("identity", "cases")})

    assert several.unary_unary("/grpc.health.v1.Health/Check")(object()) == (
        "identity",
        "/grpc.health.v1.Health/Check",
    )


def test_closing_it_closes_all() -> None:
    channels = {name: Named(name) for name in ("identity", "cases")}
    with Several(channels):
        assert not any(channel.closed for channel in channels.values())

    assert all(channel.closed for channel in channels.values())


def test_no_address_is_no_server() -> None:
    with pytest.raises(ValueError, match="at least one address"):
        Several({})
