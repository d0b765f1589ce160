"""Songlin, a small town of our own, for journeys that write: its areas, bodies, affairs, and people."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as terms
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.types.v1.types_pb2 import LocalizedText
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City, Platform, sign_in, until_known
from libs.rpc.client import connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.keys import SigningKey
from libs.rpc.methods import standing_in
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.rpc import Mint

TOWN, EAST, WEST, ELM = "songlin", "songlin-east", "songlin-west", "songlin-east-elm"
PATHS = {TOWN: TOWN, EAST: f"{TOWN}/{EAST}", WEST: f"{TOWN}/{WEST}", ELM: f"{TOWN}/{EAST}/{ELM}"}
_AREAS = (
    (TOWN, "", kinds.AREA_LEVEL_CITY, "松林市"),
    (EAST, TOWN, kinds.AREA_LEVEL_DISTRICT, "东区"),
    (WEST, TOWN, kinds.AREA_LEVEL_DISTRICT, "西区"),
    (ELM, EAST, kinds.AREA_LEVEL_COMMUNITY, "榆树社区"),
)
WATER, ROADS = "waterworks", "roads"
_BODIES = {WATER: "自来水公司", ROADS: "市政道路处"}
PIPE, POTHOLE = "burst-pipe", "pothole"
_AFFAIRS = {PIPE: ("水管爆裂", WATER), POTHOLE: ("路面坑洞", ROADS)}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FIRST_RESPONSE = timedelta(days=2)
"""Until when somebody must respond: work is done here day and night."""

_numbers = itertools.count(1)


def new_id() -> str:
    """A request id that nobody used before."""
    return f"request-{next(_numbers)}"


def stamp(at: datetime) -> Timestamp:
    """A moment on the wire."""
    made = Timestamp()
    made.FromDatetime(at)
    return made


@dataclass(frozen=True, slots=True)
class Town:
    """A running platform, and a way to speak to it as anybody."""

    platform: Platform
    mint: Mint
    operator: City
    _signed_in: list[City] = field(default_factory=list)

    def anyone(self, token: Token, consent: str = "", *, delegation: str = "") -> City:
        """The five services as the holder of a token.

        By a `consent` in the name of who gave it, by a `delegation` in the place of a body.
        """
        named = standing_in(consent, delegation)
        deadline = patience.seconds(20.0)
        city = City(connect(self.platform.where, token, deadline=deadline, metadata=named))
        self._signed_in.append(city)
        return city

    def person(self, role: str, subject: str = "", *, area: str = "", body: str = "") -> City:
        """The five services as a person with one role, within an area, for a body, or without limit."""
        path = PATHS[area] if area else ""
        return self.anyone(self.mint.person(role, subject=subject, area=area, path=path, body=body))

    def resident(self, subject: str) -> City:
        """The five services as somebody who lives here."""
        return self.person("RESIDENT", subject, area=TOWN)

    def report(self, reporter: City, **fields: Any) -> cases.Case:
        """A case, as the reporter told it."""
        return reporter.cases.open_case(report(**fields)).case  # type: ignore[no-any-return]

    def take_on(self, affair_id: str, body_id: str, name: str = "新事项") -> None:
        """Make the body answer for a new affair, within limits; returns when cases are routed to it."""
        take_on(self.operator, affair_id, body_id, name)

    def sign_out(self) -> None:
        """Close every connection."""
        for city in (self.operator, *self._signed_in):
            city.client.close()


def staff(operator: City, login: str, password: str, *, area: str) -> str:
    """Registers a person of staff, who may log in and nothing else; their id."""
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=login)
    asked = identity.RegisterResidentRequest(request_id=new_id(), natural_key=key, name="某人", area_id=area)
    party_id = str(operator.identity.register_resident(asked).resident_id)
    created = {"party_id": party_id, "login_name": login, "password": password}
    operator.identity.create_login(identity.CreateLoginRequest(request_id=new_id(), **created))
    return party_id


def report(**fields: Any) -> cases.OpenCaseRequest:
    """A report of a burst pipe in Elm, unless `fields` say otherwise."""
    told = {"affair_id": PIPE, "channel": types.CHANNEL_WEB, "area_id": ELM, "description": "水从井盖下涌出"}
    return cases.OpenCaseRequest(**{"request_id": new_id(), **told, **fields})


def on(case: cases.Case, **fields: Any) -> dict[str, Any]:
    """The fields that every command on a case has."""
    return {"request_id": new_id(), "case_id": case.case_id, **fields}


def refusal(call: Any, request: Any) -> str:
    """Why the call is refused; "" if it is not."""
    try:
        call(request)
    except RpcFailed as failed:
        return failed.reason
    return ""


def need(area_id: str, **fields: Any) -> volunteers.RaiseNeedRequest:
    """A call for one volunteer, far from now."""
    start, end = datetime(2030, 1, 7, 8, tzinfo=UTC), datetime(2030, 1, 7, 9, tzinfo=UTC)
    wanted = {"wanted": 1, "priority": 1, "start_time": stamp(start), "end_time": stamp(end)}
    return volunteers.RaiseNeedRequest(**{"request_id": new_id(), "area_id": area_id, **wanted, **fields})


def profile(home: str, **fields: Any) -> volunteers.Profile:
    """A volunteer who lives there, and is free on Mondays."""
    monday = volunteers.WeeklyWindow(weekday=1, start_minute=0, end_minute=1440)
    about = {"windows": [monday], "zone": "Asia/Shanghai", "home_area_id": home, "shifts_per_week": 7}
    return volunteers.Profile(**{**about, **fields})


@contextmanager
def town_on(platform: Platform) -> Iterator[Town]:
    """Songlin on a started platform."""
    with talking_on(platform) as town:
        found(town.operator)
        yield town


@contextmanager
def talking_on(platform: Platform) -> Iterator[Town]:
    """A started platform as it is, and a way to speak to it as anybody."""
    key = SigningKey.from_pem((platform.data / "signing.pem").read_bytes())
    town = Town(platform, Mint(key), sign_in(platform.where, platform.secret))
    try:
        yield town
    finally:
        town.sign_out()


def found(operator: City) -> None:
    """Define the town and all that cases are about; returns when cases are routed to those who answer."""
    _settle(operator)
    for affair_id, (name, body_id) in _AFFAIRS.items():
        take_on(operator, affair_id, body_id, name)


def take_on(operator: City, affair_id: str, body_id: str, name: str = "新事项", **promised: Any) -> None:
    """Make the body answer for a new affair, within limits; returns when cases are routed to it.

    `promised`: what the commitment says besides the two usual limits.
    """
    _define_affair(operator, affair_id, name)
    _assign(operator, affair_id, body_id)
    _promise(operator, affair_id, **promised)
    eventually(lambda: _is_routed(operator, affair_id, body_id), seconds=30)


def _settle(operator: City) -> None:
    """Define everything, and wait until every service has heard of it."""
    for area_id, parent_id, level, name in _AREAS:
        defining = identity.DefineAreaRequest(
            request_id=new_id(),
            area_id=area_id,
            parent_id=parent_id,
            level=level,
            name=LocalizedText(zh=name),
        )
        operator.identity.define_area(defining)
    for body_id, name in _BODIES.items():
        registering = identity.RegisterBodyRequest(
            request_id=new_id(),
            natural_key=kinds.NaturalKey(kind=kinds.KEY_KIND_LOCAL_CODE, value=body_id),
            kind=kinds.BODY_KIND_GOVERNMENT_DEPARTMENT,
            name=LocalizedText(zh=name),
            area_id=TOWN,
        )
        operator.identity.register_body(registering)
    _define_calendar(operator)
    until_known(operator.volunteers.raise_need, need(ELM))


def _define_calendar(operator: City) -> None:
    week = [
        terms.WeekdayHours(weekday=day, hours=[terms.Hours(from_minute=0, until_minute=1440)])
        for day in terms.Weekday.values()
        if day
    ]
    operator.catalog.define_calendar(
        catalog.DefineCalendarRequest(
            request_id=new_id(),
            calendar_id="always",
            name=LocalizedText(zh="全天"),
            working_time=terms.WorkingTime(time_zone="Asia/Shanghai", week=week),
        )
    )


def _define_affair(operator: City, affair_id: str, name: str) -> None:
    operator.catalog.define_affair(
        catalog.DefineAffairRequest(
            request_id=new_id(), affair_id=affair_id, name=LocalizedText(zh=name), anonymous_allowed=True
        )
    )


def _assign(operator: City, affair_id: str, body_id: str) -> None:
    assigning = catalog.AssignResponsibilityRequest(
        request_id=new_id(),
        affair_id=affair_id,
        area_id=TOWN,
        body_id=body_id,
        legal_basis="市政府令第7号",
        valid_from_time=stamp(LONG_AGO),
    )
    until_known(operator.catalog.assign_responsibility, assigning)


def _promise(operator: City, affair_id: str, **promised: Any) -> None:
    promising = catalog.PublishCommitmentRequest(
        request_id=new_id(),
        affair_id=affair_id,
        area_id=TOWN,
        first_response=terms.Limit(amount=FIRST_RESPONSE.days, unit=terms.LIMIT_UNIT_WORKING_DAYS),
        resolution=terms.Limit(amount=5, unit=terms.LIMIT_UNIT_WORKING_DAYS),
        calendar_id="always",
        valid_from_time=stamp(LONG_AGO),
        **promised,
    )
    until_known(operator.catalog.publish_commitment, promising)


def _is_routed(operator: City, affair_id: str, body_id: str) -> bool:
    asked = cases.PreviewRoutingRequest(affair_id=affair_id, area_id=ELM)
    answer = until_known(operator.cases.preview_routing, asked)
    return answer.routing.body_id == body_id and len(answer.deadlines) == 2
