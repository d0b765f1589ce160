"""Lists of cases: how long the slowest of twenty pages takes with a million cases, against ten thousand."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from linli.cases.v1 import cases_service_pb2 as pb

from e2e.bench import listed
from e2e.bench.figures import Figure
from e2e.bench.ground import Ground
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from libs.query.reach import Limit, Reach
from libs.query.sought import Sought
from libs.rpc.moments import stamp
from libs.testkit.plans import ExplainedViews, Read
from services.cases.adapters.listing import CaseLists
from services.cases.adapters.views import all_cases
from services.cases.application.ports import Search

EVERYTHING = Reach((Limit(),))
COMMUNITY = Reach((Limit(path="la/la-region-7/la-nc-7"),))
DISTRICT = Reach((Limit(path="la/la-region-7"),))
BODY = Reach((Limit(body="body-7"),))


@dataclass(frozen=True, slots=True)
class Asked:
    """A list that somebody asks for; `page`: which page of it is measured."""

    name: str
    reach: Reach = EVERYTHING
    filter: str = ""
    order: str = ""
    text: str = ""
    page: int = 1
    as_of: bool = False


_MIDDLE = listed.BEGAN + listed.SPAN / 2
_LATE = listed.BEGAN + listed.SPAN - timedelta(days=30)
LISTS = (
    Asked("newest"),
    Asked("newest, tenth page", page=10),
    Asked("newest of a community", COMMUNITY),
    Asked("newest of a district", DISTRICT),
    Asked("newest of a body", BODY),
    Asked("oldest of a body", BODY, order="opened_time"),
    Asked("in a state", filter="state = IN_PROGRESS"),
    Asked("in a state, oldest first", filter="state = ROUTED", order="opened_time"),
    Asked("in a state, by due time", filter="state = IN_PROGRESS", order="due_time"),
    Asked("a body's, in a state, by due time", BODY, "state = IN_PROGRESS", "due_time"),
    Asked("a community's, in a state, by due time", COMMUNITY, "state = ACCEPTED", "due_time"),
    Asked("a district's open ones, by due time", DISTRICT, "ended = false", "due_time"),
    Asked("by due time, third page", filter="state = IN_PROGRESS", order="due_time", page=3),
    Asked("due from a day on", filter=f'due_time >= "{_LATE.isoformat()}"', order="due_time"),
    Asked("of an affair", filter='affair_id = "affair-3"'),
    Asked("of an affair in a district", filter='affair_id = "affair-3" AND area_path = "la/la-region-7"'),
    Asked("of an affair and a body", filter='affair_id = "affair-3" AND body_id = "body-7"'),
    Asked("of a channel", filter="channel = GRID_WORKER"),
    Asked("of a channel in a community", COMMUNITY, "channel = GRID_WORKER AND state = CLOSED"),
    Asked("overdue", filter="overdue = true", order="due_time desc"),
    Asked("opened before a day", filter=f'opened_time < "{_MIDDLE.isoformat()}"'),
    Asked("as of a moment", as_of=True),
    Asked("of a community as of a moment", COMMUNITY, as_of=True),
    Asked("with a rare word", text=listed.RARE),
    Asked("with a common word", text=listed.COMMON),
    Asked("with a common word in a district", DISTRICT, text=listed.COMMON),
    Asked("with a common word in a community", COMMUNITY, text=listed.COMMON),
    Asked("with a common word, of a body", BODY, text=listed.COMMON),
    Asked("with a word that no case has", text="quagga"),
    Asked(
        "with a common word, in a state, by due time",
        filter="state = CLOSED",
        order="due_time",
        text=listed.COMMON,
    ),
)


def measure(ground: Ground) -> list[Figure]:
    """Each list on two databases in turn; the small one is the baseline."""
    few, many, rounds = (2_000, 20_000, 10) if ground.quick else (10_000, 1_000_000, 200)
    with ground.postgres_of_made_up() as server, ExitStack() as stack:
        small, large = (stack.enter_context(listed.filled(server, size)) for size in (few, many))
        figures = []
        for asked in LISTS:
            most = rows_of(asked, small)
            asking = [_asking(asked, Views(ledger, [all_cases.VIEW]), most) for ledger in (small, large)]
            name = f"ListCases, {asked.name}, {most} rows"
            figure = listed.compared(name, asking, (few, many), rounds, 3)
            read = [_told(read_by(asked, ledger, most)) for ledger in (small, large)]
            figures.append(
                replace(figure, measured=figure.measured + read[1], baseline=figure.baseline + read[0])
            )
            print(f"  {asked.name}: {figures[-1].measured}, {figures[-1].baseline}", flush=True)
        return figures


def rows_of(asked: Asked, ledger: Ledger) -> int:
    """How many rows the page has with few cases: so many are asked for with many cases, too.

    Else two texts that are opened would be compared with fifty.
    """
    rows = list[int]()
    _asking(asked, Views(ledger, [all_cases.VIEW]), 0, rows)(0)
    return max(1, rows[0])


def read_by(asked: Asked, ledger: Ledger, size: int) -> Read:
    """What the queries of the page read, which no busy machine blurs."""
    views = ExplainedViews(ledger, [all_cases.VIEW])
    ask, views.noted = _asking(asked, views, size), Read()  # pages before it are not counted
    ask(0)
    return views.noted


def _told(read: Read) -> str:
    return f" ({read.rows:,} rows, {read.blocks:,} blocks)"


def _asking(asked: Asked, views: Views, size: int, found: list[int] | None = None) -> Callable[[int], float]:
    """Asks for the page of that size (0: the usual one), and says how many seconds the answer took.

    `found` gets the number of rows.
    """
    lists = CaseLists(views)
    request = pb.ListCasesRequest(filter=asked.filter, order_by=asked.order, text=asked.text, page_size=size)
    fresh = Fresh(as_of=_MIDDLE) if asked.as_of else Fresh()
    if asked.as_of:
        request.as_of_time.CopyFrom(stamp(_MIDDLE))
    searched = Search(sought=Sought.of(asked.text), readable=asked.reach) if asked.text else None
    for _ in range(1, asked.page):
        _, request.page_token = lists.page(request, asked.order, asked.reach, fresh, searched)

    def ask(_: int) -> float:
        began = time.perf_counter()
        rows = lists.page(request, asked.order, asked.reach, fresh, searched)[0]
        took = time.perf_counter() - began
        if found is not None:
            found.append(len(rows))
        return took

    return ask
