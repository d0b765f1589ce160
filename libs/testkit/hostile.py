"""Malformed and hostile requests for any rpc: whatever is sent, the answer is never INTERNAL or UNKNOWN."""

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf.descriptor import Descriptor
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from libs.rpc.client import Client
from libs.rpc.methods import Method
from libs.testkit import examples
from libs.testkit.requests import Seeds, messages, nearly_good
from libs.testkit.rpc import answer_to


def assert_never_broken(
    client: Client, methods: Iterable[Method], *, seeds: Seeds | None = None, many: int = 12
) -> None:
    """Send every rpc `many` nearly good requests, and half as many malformed ones; thoroughly, 20 times that.

    Every answer is a success or a clear error: a status other than INTERNAL and UNKNOWN, with an
    ErrorInfo. Call it with a token of all roles (`mint.person(*roles())`), so that nothing stops at the
    door. Raises AssertionError with the first harm.
    """
    for method in methods:
        descriptor: Any = method.request.DESCRIPTOR
        good = nearly_good(descriptor, seeds or {}).map(lambda message: message.SerializeToString())
        _check(client, method, good, many)
        _check(client, method, malformed(descriptor, seeds or {}), max(5, many // 2))


def _check(client: Client, method: Method, raws: st.SearchStrategy[bytes], many: int) -> None:
    @examples.examples(many, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(raws)
    def every_answer_is_clear(raw: bytes) -> None:
        failed = answer_to(client, method, raw)
        if failed is None or "larger than max" in failed.message:
            return  # beyond a hard limit gRPC refuses by itself, before anything of ours runs
        told = (
            f"{method.path} answered {failed.code.name} ({failed.reason}: {failed.message}) to {raw[:500]!r}"
        )
        assert failed.code not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN), told
        assert failed.reason, f"no ErrorInfo: {told}"
        assert failed.domain == "linli", told

    every_answer_is_clear()


def malformed(descriptor: Descriptor, seeds: Seeds) -> st.SearchStrategy[bytes]:
    """Requests of the type as bytes: of random values, cut off, of wrong types, or garbage."""
    random = messages(descriptor, seeds).map(lambda message: message.SerializeToString())
    return st.one_of(
        random,
        st.binary(max_size=200),
        st.builds(lambda raw, cut: raw[: max(0, len(raw) - cut)], random, st.integers(1, 20)),
        st.builds(_with_bad_text, random, st.integers(1, 20)),
        st.builds(_nested, st.integers(1, 20), st.integers(1, 300)),
        st.builds(lambda raw, tag: raw + bytes([tag]) + b"\xff" * 10, random, st.integers(1, 127)),
    )


def _with_bad_text(raw: bytes, number: int) -> bytes:
    """The request with bytes that are no UTF-8 where field `number` may be a string."""
    return raw + bytes([number << 3 & 0x7F | 2, 3]) + b"\xff\xfe\xc0"


def _nested(number: int, deep: int) -> bytes:
    """Messages within messages, deeper than any parser likes."""
    raw = b""
    for _ in range(deep):
        size = len(raw)
        length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7 & 0x7F])
        raw = bytes([number << 3 & 0x7F | 2]) + length + raw
        if len(raw) > 16_000:
            break
    return raw
