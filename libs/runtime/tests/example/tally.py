"""The tally: adds up what counters tell, whichever way their events come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg import Cursor

from libs.ledger.decider import Decider, Kind, Refusal
from libs.ledger.recorded import Recorded
from libs.ledger.store.mapper import Events
from libs.ledger.views.view import Rows, Table, View
from libs.messaging.published import Published
from libs.messaging.reactions import Answers, Erasure, Fact, Reaction, Reactions
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from libs.runtime.tests.example.counter import COUNTED, MARKED, PERSON_FORGOTTEN
from libs.testkit import protos

POISON = 13
"""A tally cannot take this number, until it is mended."""
mended: set[int] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    by: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    by: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was added up, and the sequence of the last event that was."""

    total: int = 0
    steps: tuple[int, ...] = ()


def decide(command: Add, _state: Tally) -> Sequence[Added]:
    if command.by == POISON and POISON not in mended:
        raise Refusal(Kind.PRECONDITION, "CANNOT_ADD", "this number cannot be added")
    return [Added(by=command.by, sequence=command.sequence)]


def evolve(state: Tally, event: Added) -> Tally:
    return Tally(total=state.total + event.by, steps=(*state.steps, event.sequence))


TALLY: Decider[Add, Tally, Added] = Decider(category="tally", initial=Tally(), decide=decide, evolve=evolve)
EVENTS = Events(service="tally", types={"added.v1": Added}, private=frozenset({"added.v1"}))


def when_counted(event: Any, fact: Fact) -> Reactions:
    """Add it up."""
    return [Reaction(TALLY, event.counter_id, Add(by=event.by, sequence=fact.sequence))]


def when_person_forgotten(event: Any, _fact: Fact) -> Answers:
    """Forget them, too."""
    return [Erasure(subject=event.person_id)]


def when_marked(event: Any, fact: Fact) -> Reactions:
    """Note it in a tally of its own."""
    return [Reaction(TALLY, f"{event.counter_id}-marks", Add(by=1, sequence=fact.sequence))]


class Tallies(View):
    """How much each counter has counted."""

    name = "tallies"
    tables = (
        Table("tallies", {"counter_id": "text", "total": "bigint", "steps": "bigint"}, key=("counter_id",)),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        row = rows.get("tallies", recorded.subject_id) or {"total": 0, "steps": 0}
        total, steps = row["total"] + recorded.event.by, row["steps"] + 1
        rows.put("tallies", {"counter_id": recorded.subject_id, "total": total, "steps": steps})

    def of(self, cursor: Cursor[Any], counter_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = cursor.execute(
            "SELECT total, steps FROM tallies WHERE counter_id = %s", (counter_id,)
        ).fetchone()
        return found


def publish(_recorded: Recorded[Any]) -> Published | None:
    """Nobody asked."""
    return None


class TallyApi:
    """Serves `linli.example.v1.TallyService`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def get_tally(self, request: Any, call: Any) -> Any:
        view = Tallies()
        with self._ground.views.read(view.name, request.at_least, call.patience(5.0)) as cursor:
            found = view.of(cursor, request.counter_id) or {}
        return protos.message_class("linli.example.v1.GetTallyResponse")(**found)


def build(ground: Ground, _settings: object) -> ServiceParts:
    """Wire the tally."""
    api = Api(descriptor=protos.service("linli.example.v1.TallyService"), implementation=TallyApi(ground))
    ground.stream(TALLY)
    return ServiceParts(apis=(api,))


SERVICE = Service(
    name="tally",
    events=EVENTS,
    views=(Tallies(),),
    publish=publish,
    build=build,
    subscriptions={"counter": {COUNTED: when_counted, PERSON_FORGOTTEN: when_person_forgotten}},
)
NEWER = replace(SERVICE, subscriptions={"counter": {**SERVICE.subscriptions["counter"], MARKED: when_marked}})
"""The next release, which hears of marks, too."""
