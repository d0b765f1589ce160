"""Duplicates: what an opened case pays for its place, and how long suggestions take with a million cases."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from e2e.bench import listed
from e2e.bench.alone import Database, made
from e2e.bench.figures import Figure, medians, per_second
from e2e.bench.ground import Ground
from e2e.bench.lives import opening
from libs.ledger.ids import new_id
from libs.ledger.personal import Personal
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context, Draft
from libs.ledger.store.blinding import Blinding
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from libs.query.reach import Limit, Reach
from libs.runtime.bundled.postgres import EmbeddedPostgres
from services.cases.adapters.ledger import EVENTS, TEXT
from services.cases.adapters.nearby import NearbyCases
from services.cases.adapters.views import all_cases
from services.cases.application.duplicate import LOOKED_AT
from services.cases.domain.case.events import CaseOpened

WRITERS = 8
EVERYTHING = Reach((Limit(),))


def measure(ground: Ground) -> list[Figure]:
    """Both figures; the baselines are the same without places, and the small database."""
    few, many, rounds = (2_000, 20_000, 40) if ground.quick else (10_000, 1_000_000, 400)
    with ground.postgres() as server:
        figures = [_opening(server, 40 if ground.quick else 400)]
        print(f"  {figures[0].measured}, {figures[0].baseline}", flush=True)
    with ground.postgres_of_made_up() as server, ExitStack() as stack:
        small, large = (stack.enter_context(listed.filled(server, size)) for size in (few, many))
        return [*figures, _suggesting(small, large, (few, many), rounds)]


def _opening(server: EmbeddedPostgres, each: int) -> Figure:
    """Cases that are recorded by some threads at once, found at their places or not."""
    with ExitStack() as stack:
        databases = [made(server, f"bench_places_{name}") for name in ("with", "without")]
        with_, without = (
            stack.enter_context(_recording(database, blinded))
            for database, blinded in zip(databases, (EVENTS.blinded, (TEXT,)), strict=True)
        )
        ours, theirs = medians(
            lambda: per_second(with_, WRITERS, each), lambda: per_second(without, WRITERS, each), rounds=5
        )
    return Figure(
        name=f"Cases recorded with their places, {WRITERS} writers",
        measured=f"{ours:,.0f} a second",
        baseline=f"{theirs:,.0f} a second, found by their words only",
        ratio=ours / theirs,
        goal="0.9 or more",
        reached=ours / theirs >= 0.9,
        busy=f"load average {os.getloadavg()[0]:.1f}",
    )


@contextmanager
def _recording(database: Database, blinded: tuple[Blinding, ...]) -> Iterator[Callable[[int], None]]:
    """Records a case with a text, an address and a point."""
    settings = LedgerSettings(dsn=database.dsn, service=EVENTS.service, listen=False)
    events = replace(EVENTS, blinded=blinded)
    with Ledger.connect(settings, events, MasterKey(database.master_key)) as ledger:

        def record(number: int) -> None:
            case_id = new_id()
            event = replace(
                listed.placed(opening(case_id, number)),
                description=Personal(case_id, f"a hole as deep as bucket {number} beside the old school"),
                address=Personal(case_id, f"{number} Harbour Lane"),
            )
            about = Context(actor="bench", area=event.area_path).metadata(datetime.now(UTC))
            ledger.keys.expect_new(case_id)
            ledger.append(
                Append(drafts=[Draft(stream=f"case-{case_id}", expected_version=0, events=[(event, about)])])
            )

        yield record


def _suggesting(small: Ledger, large: Ledger, sizes: tuple[int, int], rounds: int) -> Figure:
    """Candidates of cases all over the city, by the blind terms and the view."""
    found: tuple[list[int], list[int]] = ([], [])
    asking = [_asking(ledger, each) for ledger, each in zip((small, large), found, strict=True)]
    figure = listed.compared("Candidates for duplicates", asking, sizes, rounds, 10)
    few, many = (sum(each[10:]) / rounds for each in found)
    return replace(
        figure,
        measured=f"{figure.measured} ({many:.1f} found)",
        baseline=f"{figure.baseline} ({few:.1f} found)",
    )


def _asking(ledger: Ledger, found: list[int]) -> Callable[[int], float]:
    """Asks for the candidates of a new case, says how many seconds that took, and notes their number."""
    nearby = NearbyCases(Views(ledger, [all_cases.VIEW]))

    def ask(number: int) -> float:
        opened: CaseOpened = listed.placed(opening(new_id(), number))
        began = time.perf_counter()
        candidates = nearby.to(opened, EVERYTHING, LOOKED_AT, Fresh())
        took = time.perf_counter() - began
        found.append(len(candidates))
        return took

    return ask
