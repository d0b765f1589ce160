"""The counter's and the tally's next releases, which store types that the ones before do not know."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import Cursor

from libs.ledger.decider import Decider
from libs.ledger.recorded import Recorded
from libs.messaging.clocks import Clock, Moment
from libs.messaging.published import Published
from libs.messaging.reactions import Fact, Reaction, Reactions
from libs.runtime.host.parts import Api, Ground, ServiceParts
from libs.runtime.tests.example import counter, tally
from libs.testkit import protos


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """For nobody else."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """For the neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Of a tally; for nobody else."""


Command = counter.Command | Tag | Announce
Event = counter.Event | Tagged | Announced


def decide(command: Command, state: counter.Counter) -> Sequence[Event]:
    match command:
        case Tag(tag=tag):
            return [Tagged(tag=tag)]
        case Announce():
            return [Announced()]
        case _:
            return counter.decide(command, state)


def evolve(state: counter.Counter, event: Event) -> counter.Counter:
    match event:
        case Tagged() | Announced():
            return state
        case _:
            return counter.evolve(state, event)


COUNTER: Decider[Command, counter.Counter, Event] = Decider(
    category="counter", initial=counter.Counter(), decide=decide, evolve=evolve
)
EVENTS = replace(
    counter.EVENTS,
    types={**counter.EVENTS.types, "tagged.v1": Tagged, "announced.v1": Announced},
    private=counter.EVENTS.private | {"tagged.v1"},
)


def publish(recorded: Recorded[Any]) -> Published | None:
    """Announcements, too."""
    match recorded.event:
        case Announced():
            return Published(message=counter.MARKED(counter_id=recorded.subject_id), public=True)
        case _:
            return counter.publish(recorded)


def build(ground: Ground, _settings: object) -> ServiceParts:
    """Wire the counter."""
    served = counter.CounterApi(ground.stream(COUNTER))  # type: ignore[arg-type]  # it takes more commands
    api = Api(descriptor=protos.service("linli.example.v1.CounterService"), implementation=served)
    return ServiceParts(apis=(api,))


class Alarms(counter.Alarms):
    """The same alarms, rung by this release."""

    name = "alarms"

    def due(self, cursor: Cursor[Any], now: datetime, limit: int) -> list[Moment[Any]]:
        return [
            Moment(each.due_at, COUNTER, each.id, each.command) for each in super().due(cursor, now, limit)
        ]


ALARMS = Alarms()
SERVICE = replace(
    counter.SERVICE,
    events=EVENTS,
    publish=publish,
    build=build,
    views=(ALARMS,),
    clocks=(Clock("alarms", ALARMS),),
)


def evolve_tally(state: tally.Tally, event: tally.Added | Checked) -> tally.Tally:
    return state if isinstance(event, Checked) else tally.evolve(state, event)


TALLY: Decider[tally.Add, tally.Tally, tally.Added | Checked] = Decider(
    category="tally", initial=tally.Tally(), decide=tally.decide, evolve=evolve_tally
)
TALLY_EVENTS = replace(
    tally.EVENTS,
    types={**tally.EVENTS.types, "checked.v1": Checked},
    private=tally.EVENTS.private | {"checked.v1"},
)


def when_counted(event: Any, fact: Fact) -> Reactions:
    """Add it up, as the release before does."""
    return [Reaction(TALLY, event.counter_id, tally.Add(by=event.by, sequence=fact.sequence))]


def build_tally(ground: Ground, _settings: object) -> ServiceParts:
    """Wire the tally; nobody asks it here."""
    ground.stream(TALLY)
    return ServiceParts()


TALLY_SERVICE = replace(
    tally.SERVICE,
    events=TALLY_EVENTS,
    build=build_tally,
    subscriptions={"counter": {counter.COUNTED: when_counted}},
)
