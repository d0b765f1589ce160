"""A plot of a garden: planted, and dry when nobody has watered it for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider, Kind, Refusal
from libs.ledger.noted import Note, Noted, noting

PATIENCE = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaNoted:
    area_id: str
    area_path: str


AREA: Decider[Note[AreaNoted], Noted[AreaNoted], AreaNoted] = noting("area")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotPlanted:
    plot_id: str
    area_path: str
    dry_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotDried:
    plot_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    planted: PlotPlanted | None = None
    dry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantPlot:
    plot_id: str
    area_path: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DryOut:
    at: datetime


Event = PlotPlanted | PlotDried
Command = PlantPlot | DryOut


def evolve(state: Plot, event: Event) -> Plot:
    match event:
        case PlotPlanted():
            return Plot(planted=event)
        case PlotDried():
            return replace(state, dry=True)


def decide(command: Command, state: Plot) -> Sequence[Event]:
    match command:
        case PlantPlot(plot_id=plot_id, area_path=path, at=at):
            return [PlotPlanted(plot_id=plot_id, area_path=path, dry_at=at + PATIENCE)]
        case DryOut() if state.planted and not state.dry:
            return [PlotDried(plot_id=state.planted.plot_id)]
        case DryOut():
            return []


PLOT: Decider[Command, Plot, Event] = Decider(category="plot", initial=Plot(), decide=decide, evolve=evolve)


def area_unknown(area_id: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "AREA_UNKNOWN", "No area of this id is known.", area_id=area_id)
