"""The counter: counts, rings at a moment that was set, and tells its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never

from psycopg import Cursor

from libs.ledger.decider import Decider, Kind, Refusal
from libs.ledger.recorded import Recorded
from libs.ledger.store.mapper import Events
from libs.ledger.streams.stream import Stream
from libs.ledger.views.view import Rows, Table, View
from libs.messaging.clocks import Clock, Moment
from libs.messaging.published import Published
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from libs.testkit import protos

protos.compiled(Path(__file__).parent / "counter.proto")
COUNTED = protos.message_class("linli.example.v1.Counted")
MARKED = protos.message_class("linli.example.v1.Marked")
PERSON_FORGOTTEN = protos.message_class("linli.example.v1.PersonForgotten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAlarm:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """For those who hear of it from a later release on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSet:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang:
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForgotten:
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    pass


Command = Count | SetAlarm | Ring | Forget | Mark
Event = Counted | AlarmSet | Rang | PersonForgotten | Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """How far it has counted, and which alarms are still to ring."""

    total: int = 0
    alarms: tuple[datetime, ...] = ()


def decide(command: Command, state: Counter) -> Sequence[Event]:
    match command:
        case Count(by=0):
            raise Refusal(Kind.INVALID, "COUNT_IS_ZERO", "count by something", field="by")
        case Count(by=by):
            return [Counted(by=by)]
        case SetAlarm(at=at):
            return [AlarmSet(at=at)]
        case Ring(due_at=due_at):
            return [Rang(due_at=due_at)] if due_at in state.alarms else []
        case Forget(person_id=person_id):
            return [PersonForgotten(person_id=person_id)]
        case Mark():
            return [Marked()]
        case _:
            assert_never(command)


def evolve(state: Counter, event: Event) -> Counter:
    match event:
        case Counted(by=by):
            return Counter(total=state.total + by, alarms=state.alarms)
        case AlarmSet(at=at):
            return Counter(total=state.total, alarms=(*state.alarms, at))
        case Rang(due_at=due_at):
            return Counter(total=state.total, alarms=tuple(at for at in state.alarms if at != due_at))
        case PersonForgotten() | Marked():
            return state
        case _:
            assert_never(event)


COUNTER: Decider[Command, Counter, Event] = Decider(
    category="counter", initial=Counter(), decide=decide, evolve=evolve
)
EVENTS = Events(
    service="counter",
    types={
        "counted.v1": Counted,
        "alarm_set.v1": AlarmSet,
        "rang.v1": Rang,
        "person_forgotten.v1": PersonForgotten,
        "marked.v1": Marked,
    },
    private=frozenset({"alarm_set.v1", "rang.v1"}),
)


class Alarms(View):
    """Which alarms are still to ring."""

    name = "alarms"
    tables = (
        Table(
            "alarms", {"counter_id": "text", "at": "timestamptz"}, key=("counter_id", "at"), indexes=("at",)
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        match recorded.event:
            case AlarmSet(at=at):
                rows.put("alarms", {"counter_id": recorded.subject_id, "at": at})
            case Rang(due_at=due_at):
                rows.delete("alarms", (recorded.subject_id, due_at))
            case _:
                pass

    def due(self, cursor: Cursor[Any], now: datetime, limit: int) -> list[Moment[Command]]:
        query = "SELECT counter_id, at FROM alarms WHERE at <= %s ORDER BY at LIMIT %s"
        rows = cursor.execute(query, (now, limit)).fetchall()
        return [Moment(row["at"], COUNTER, row["counter_id"], Ring(due_at=row["at"])) for row in rows]


def publish(recorded: Recorded[Any]) -> Published | None:
    """Counting is for the neighbours of the counter's area, alarms are for nobody."""
    match recorded.event:
        case Counted(by=by):
            message = COUNTED(counter_id=recorded.subject_id, by=by)
            return Published(message=message, area_path=f"town/{recorded.subject_id}")
        case PersonForgotten(person_id=person_id):
            return Published(message=PERSON_FORGOTTEN(person_id=person_id), public=True)
        case Marked():
            return Published(message=MARKED(counter_id=recorded.subject_id), public=True)
        case _:
            return None


class CounterApi:
    """Serves `linli.example.v1.CounterService`."""

    def __init__(self, counters: Stream[Command, Counter, Event]) -> None:
        self._counters = counters

    def count(self, request: Any, call: Any) -> Any:
        handled = self._counters.handle(request.counter_id, Count(by=request.by), call.context())
        response = protos.message_class("linli.example.v1.CountResponse")
        return response(total=handled.state.total, revision=handled.revision)


def build(ground: Ground, _settings: object) -> ServiceParts:
    """Wire the counter."""
    served = CounterApi(ground.stream(COUNTER))
    api = Api(descriptor=protos.service("linli.example.v1.CounterService"), implementation=served)
    return ServiceParts(apis=(api,))


ALARMS = Alarms()
SERVICE = Service(
    name="counter",
    events=EVENTS,
    views=(ALARMS,),
    publish=publish,
    build=build,
    clocks=(Clock("alarms", ALARMS),),
)
