"""What a dashboard is made of, as Grafana reads it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.telemetry.monitoring.cells import CHOSEN, within

_ACROSS = 3
_WIDTH = 24 // _ACROSS
_HEIGHT = 8
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One graph: `shows` are expressions by their legends, `says` what it means when the line rises."""

    title: str
    says: str
    shows: dict[str, str]
    unit: str = "short"
    number: bool = False

    def made(self, number: int, place: int, top: int) -> dict[str, Any]:
        """The panel at a place of the grid."""
        return {
            "id": number,
            "type": "stat" if self.number else "timeseries",
            "title": self.title,
            "description": self.says,
            "datasource": _SOURCE,
            "gridPos": {
                "x": place % _ACROSS * _WIDTH,
                "y": top + place // _ACROSS * _HEIGHT,
                "w": _WIDTH,
                "h": _HEIGHT,
            },
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0}, "overrides": []},
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "expr": within(expr, CHOSEN),
                    "legendFormat": legend,
                    "datasource": _SOURCE,
                    "exemplar": "_bucket" in expr,
                }
                for index, (legend, expr) in enumerate(self.shows.items())
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels that belong together, under a heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What whoever looks chooses: the values of a label of a metric."""

    name: str
    metric: str
    label: str

    def made(self) -> dict[str, Any]:
        """The variable as Grafana reads it."""
        metric = self.metric if self == CELL else within(self.metric, CHOSEN)
        query = f"label_values({metric}, {self.label})"
        return {
            "name": self.name,
            "type": "query",
            "datasource": _SOURCE,
            "definition": query,
            "query": {"query": query, "refId": self.name},
            "refresh": 2,
            "sort": 1,
        }


CELL = Variable(name="cell", metric="linli_build_info", label="cell")
"""First of all: each dashboard is of one cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One dashboard; `name` is its file's."""

    name: str
    title: str
    says: str
    rows: Sequence[Row]
    variables: Sequence[Variable] = field(default_factory=tuple)

    def expressions(self) -> list[str]:
        """All that it asks Prometheus for."""
        asked = [expr for row in self.rows for panel in row.panels for expr in panel.shows.values()]
        return asked + [f"{variable.metric}" for variable in self.variables]

    def made(self) -> dict[str, Any]:
        """The dashboard as Grafana reads it."""
        source = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
        return {
            "uid": f"linli-{self.name}",
            "title": f"Linli: {self.title}",
            "description": self.says,
            "tags": ["linli"],
            "editable": False,
            "schemaVersion": 38,
            "timezone": "browser",
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "links": [{"type": "dashboards", "tags": ["linli"], "title": "Linli", "asDropdown": True}],
            "templating": {"list": [source, *(variable.made() for variable in (CELL, *self.variables))]},
            "panels": self._panels(),
        }

    def _panels(self) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        top = 0
        for row in self.rows:
            place = {"x": 0, "y": top, "w": 24, "h": 1}
            made.append({"id": len(made) + 1, "type": "row", "title": row.title, "gridPos": place})
            made += [
                panel.made(len(made) + 1 + index, index, top + 1) for index, panel in enumerate(row.panels)
            ]
            top += 1 + -(-len(row.panels) // _ACROSS) * _HEIGHT
        return made
