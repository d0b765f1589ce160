"""Whether the requests of a file pass the rules of the wire: what no other check tells, this one does."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.message import Message

from libs.rpc.errors import Violation
from libs.rpc.normal import normal_of
from libs.rpc.validation import rules_of
from services.command.community.reading import Read, entries
from services.command.community.wired import Wired

_REGION = "CN"
_PARTS = re.compile(r"[a-z_]+|\d+")
_CALLED = {
    "affair_id": "affair",
    "area_id": "area",
    "area_ids": "areas",
    "body_id": "body",
    "helper_ids": "helpers",
    "evidence_kinds": "evidence",
    "value": "id",
    "label": "zh",
    "title": "name",
    "qualification_ids": "needs",
}
_ANYWHERE = "area"
_UNSAID = frozenset({"request_id", "details", "location", "natural_key", "working_time", "reason"})


def check_rules(read: Read) -> None:
    """Tell what the platform would refuse for its shape alone: a telephone number, an unlikely character."""
    for path, message in _requests(read):
        found = (*put_in_normal_form(message), *rules_of(message.DESCRIPTOR)(message))
        for each in found:
            if each.field != "request_id":
                spot = read.spot(*path, *_path(each.field))
                if not read.problems.at(spot):
                    read.problems.add(spot, "rule", wanted=each.wanted)


def put_in_normal_form(request: Message) -> Sequence[Violation]:
    """Give texts the form in which the platform keeps them; answers those that have none."""
    return normal_of(request.DESCRIPTOR, os.environ.get("LINLI_PHONE_REGION", _REGION))(request)


def _requests(read: Read) -> Iterator[tuple[tuple[Any, ...], Message]]:
    wired = Wired(read.community)
    for section, make in (
        ("areas", wired.area),
        ("bodies", wired.body),
        ("qualifications", wired.qualification),
        ("posts", wired.post),
        ("people", wired.person),
        ("affairs", wired.affair),
        ("responsibilities", wired.responsibility),
        ("calendars", wired.calendar),
        ("commitments", wired.commitment),
        ("services", wired.service),
        ("buildings", wired.building),
    ):
        for number, each in entries(read, section):
            yield (section, number), make(each)
    for number, household in entries(read, "households"):
        ids = [member.national_id for member in household.members]
        yield ("households", number), wired.household(household, ids)
        for place, member in enumerate(household.members):
            yield ("households", number, "members", place), wired.member(member, _ANYWHERE)
    for number, person in entries(read, "people"):
        if person.login:
            yield ("people", number, "login"), wired.login(person)


def _path(field: str) -> Iterator[Any]:
    for part in _PARTS.findall(field):
        if part.isdigit():
            yield int(part)
        elif part not in _UNSAID:
            yield _CALLED.get(part, part)
