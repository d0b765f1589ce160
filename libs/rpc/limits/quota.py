"""What a caller may use of one server process."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Calls per second (twice as many at once after a pause); calls and streams at the same time."""

    calls_per_second: int
    concurrent_calls: int
    streams: int


ADDRESS = Quota(calls_per_second=50, concurrent_calls=16, streams=0)
"""Callers without a token, of one network address."""
PERSON = Quota(calls_per_second=100, concurrent_calls=32, streams=4)
"""A person whose token says nothing else."""
CLIENT = Quota(calls_per_second=200, concurrent_calls=32, streams=8)
"""A client whose token says nothing else."""
IMPORTER = Quota(calls_per_second=10_000, concurrent_calls=256, streams=16)
"""Operators and importers: whoever may import history."""
_IMPORTS = "cases.import"
EVERYBODY = Quota(calls_per_second=1_000_000, concurrent_calls=128, streams=0)
"""All callers without a token together."""


def usual(scopes: Collection[str], *, client: bool) -> Quota:
    """The quota of a caller with these scopes whose token says nothing about it."""
    if _IMPORTS in scopes:
        return IMPORTER
    return CLIENT if client else PERSON
