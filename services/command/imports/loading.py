"""Loads a file that was checked: tells what is missing, finishes if the history is complete, and reports."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from linli.cases.v1 import cases_service_pb2 as cases

from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from services.command.imports.checking import Checked, outcomes
from services.command.imports.ground import Ground
from services.command.imports.known import Known, head, known_cases
from services.command.imports.mapping import Map
from services.command.imports.platform import Services
from services.command.imports.progress import Progress
from services.command.imports.report.board import Board, Cut, Period, read_board
from services.command.imports.requests import Request
from services.command.imports.stories import Story, story
from services.command.imports.telling import Told, tell_all


class NotLoaded(Exception):
    """Nothing was loaded: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file."""

    told: Told
    known: int
    """How many cases of the system were there before."""
    released: int = 0


def load(
    services: Services, path: Path, by: Map, ground: Ground, checked: Checked, *, live: bool, finish: bool
) -> Loaded:
    """Tell the platform what it does not know yet. Raises `NotLoaded`, `RpcFailed`, `FileWrong`.

    `finish` hands the cases to the running clocks, unless a request was not told to the end.
    """
    _claim(services, by.system)
    known = known_cases(services, by.system)
    progress = Progress(live=live)
    told = Told()
    try:
        tell_all(
            services,
            by.system,
            _stories(path, by, ground, known),
            lambda so_far: progress(so_far, checked.requests),
            told,
        )
    finally:
        progress.close()
    told.revision = told.revision or head(services)
    complete = finish and not told.failed
    if not complete or checked.until is None:
        return Loaded(told, len(known))
    released, told.revision = hand_over(services.cases, by.system, checked.until, told.revision)
    return Loaded(told, len(known), released)


def _claim(services: Services, system: str) -> None:
    """The numbers of the system belong to whoever imports them."""
    request = cases.RegisterExternalSystemRequest(request_id=uuid4().hex, system=system)
    try:
        services.cases.register_external_system(request)
    except RpcFailed as failed:
        if failed.reason != "EXTERNAL_SYSTEM_TAKEN":
            raise
        raise NotLoaded(
            f"the system {system} belongs to somebody else, who alone may import it:"
            " import in their name, or have it given to you (cases.TransferExternalSystem)"
        ) from None


def _stories(path: Path, by: Map, ground: Ground, known: Mapping[str, Known]) -> Iterator[Story]:
    for outcome in outcomes(path, by, ground):
        if isinstance(outcome, Request):
            yield story(outcome, by, known.get(outcome.number))


def hand_over(stub: Any, system: str, until: datetime, revision: str) -> tuple[int, str]:
    """Hand the cases of a system to the running clocks, as of the last moment that its file names.

    `stub`: the rpcs of cases. Answers how many, and the revision that shows what came of it.
    """
    request = cases.FinishImportRequest(system=system, as_of_time=stamp(until), at_least=revision)
    released = 0
    while True:
        answer = stub.finish_import(request)
        released += int(answer.released)
        revision = answer.revision or revision
        if not answer.remaining:
            return released, revision


def cut_of(by: Map) -> Cut:
    """How the map wants the report."""
    return Cut(
        name=by.name,
        zone=by.zone,
        area_depth=by.report.area_depth,
        areas=by.report.areas,
        bodies=by.report.bodies,
        affairs=by.report.affairs,
        least_depth=by.report.area_depth,
        **{
            word: heading.removeprefix("By ").casefold()
            for word, heading in (
                ("area", by.report.areas),
                ("body", by.report.bodies),
                ("affair", by.report.affairs),
            )
        },
    )


def period_of(checked: Checked) -> Period:
    """Of what the file tells. It has at least one request."""
    if checked.first is None or checked.last is None or checked.until is None:
        raise ValueError("a file without a request has no period")
    return Period(first=checked.first, last=checked.last, until=checked.until)


def board_of(services: Services, by: Map, checked: Checked, loaded: Loaded, *, finish: bool) -> Board:
    """The scoreboard of the file's period, once it has seen all that was told."""
    held = not finish or bool(loaded.told.failed)
    return read_board(services, loaded.told.revision, period_of(checked), cut_of(by), held=held)
