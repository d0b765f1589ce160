"""The partners' manual says what the protos and the rules say: scopes, public rpcs, working days."""

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from linli.options.v1 import access_pb2

from libs.rpc.validation import rules_of
from libs.rules.due import Limit, Unit, due
from libs.rules.working_time import Calendar
from services.command.registry import NAMES
from services.command.rpcs import find

_EXAMPLES = {
    "officer": "p-1",
    "resident": "p-2",
    "case": "c-1",
    "before": "2026-11-27T10:00:00.5Z",
    "digest": "0" * 64,
    "number": "LL-12345-ABCDE",
    "code": "12345-ABCDE-67890",
}
"""What the manual's commands fill in, for instance."""

MANUAL = (Path(__file__).parents[2] / "proto" / "README.md").read_text("utf-8")


def test_the_manual_names_every_scope_with_its_rpcs() -> None:
    needed = defaultdict(set)
    for name, rpc in _rpcs():
        for scope in _access(rpc).scopes:
            needed[scope].add(f"{name}.{rpc.name}")

    told = {}
    for scope, rpcs in re.findall(r"^\| `([a-z.]+)` \| (\w+: .*?) \|", MANUAL, re.MULTILINE):
        parts = (part.partition(": ") for part in rpcs.split("; "))
        told[scope] = {f"{name}.{rpc}" for name, _, listed in parts for rpc in re.findall(r"`(\w+)`", listed)}

    assert told == needed


def test_the_manual_names_every_public_rpc() -> None:
    public = {f"{name}.{rpc.name}" for name, rpc in _rpcs() if _access(rpc).public}

    [paragraph] = re.findall(r"\*\*Public rpcs\*\*(.*?)Health", MANUAL, re.DOTALL)

    assert set(re.findall(r"`([\w.]+)`", paragraph)) == public


def test_the_manual_calls_rpcs_as_they_are() -> None:
    calls = re.findall(r"linli (?:call )?(\w+\.\w+) '(\{.*?\})'(?= *(?:\||\)|#|$))", MANUAL, re.MULTILINE)
    wrong = dict[str, object]()

    for name, typed in calls:
        asked = re.sub(r"'\$\w+'", lambda found: _EXAMPLES[found[0].strip("'$")], typed)
        rpc = find(name)
        request = json_format.Parse(asked, message_factory.GetMessageClass(rpc.input_type)())
        wrong |= {f"{name} {each.field}": each.wanted for each in rules_of(rpc.input_type)(request)}

    assert wrong == {}
    assert len(calls) == len(re.findall(r"linli (?:call )?\w+\.\w+ ", MANUAL))


def test_the_manual_has_a_request_for_every_rpc() -> None:
    called = set(re.findall(r"linli (?:call )?(\w+\.\w+) '", MANUAL))

    assert sorted({f"{name}.{rpc.name}" for name, rpc in _rpcs()} - called) == []


def test_working_days_in_the_evening_count_as_the_manual_says() -> None:
    office = ((9 * 60, 12 * 60), (14 * 60, 18 * 60))
    calendar = Calendar(zone="Asia/Shanghai", week=(office,) * 5 + ((), ()))
    rows = re.findall(r"^\| (\w+day) ([\d:]+)(?: or ([\d:]+))? \| (\w+day [\d:]+) \|", MANUAL, re.MULTILINE)

    for day, *times, expected in rows:
        for time in filter(None, times):
            opened = _moment(day, time)
            found = due(opened, Limit(amount=1, unit=Unit.WORKING_DAYS), calendar)
            assert f"{found.astimezone(opened.tzinfo):%A %H:%M}" == expected, (day, time)
    assert len(rows) == 6


def _moment(weekday: str, time: str) -> datetime:
    """Such a moment of an ordinary week in Shanghai."""
    monday = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    day = next(d for d in (monday + timedelta(days=n) for n in range(7)) if f"{d:%A}" == weekday)
    hour, minute = map(int, time.split(":"))
    return day.replace(hour=hour, minute=minute)


def _rpcs() -> Iterator[tuple[str, MethodDescriptor]]:
    for name in (*NAMES, "feed", "operations", "privacy", "acting"):
        stubs = importlib.import_module(f"linli.{name}.v1.{name}_service_pb2")
        for service in stubs.DESCRIPTOR.services_by_name.values():
            yield from ((name, rpc) for rpc in service.methods)


def _access(rpc: MethodDescriptor) -> access_pb2.Access:
    return rpc.GetOptions().Extensions[access_pb2.access]
