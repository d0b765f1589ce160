"""What an alert is, and how a promise to callers becomes alerts by the rate at which it is broken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

EVERY = 30
"""Seconds between two answers of a recorded rule."""

Severity = Literal["page", "ticket"]
"""Somebody is called now, or looks at it within the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert; its runbook is the section of its name in OPERATING.md.

    `lasts`: for how long the expression must hold; `says`: one sentence, with Prometheus' templates.
    """

    name: str
    severity: Severity
    expr: str
    lasts: str
    says: str

    @property
    def runbook(self) -> str:
        """The heading of its runbook: alerts that differ by urgency alone share one."""
        return re.sub("(Fast|Slowly|Soon)$", "", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A rule that records the answer to an expression under a name."""

    name: str
    expr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Over `long` the budget burns at `rate` times what it bears, and over `short` it still does."""

    long: str
    short: str
    rate: float
    severity: Severity


_WINDOWS = (
    Window(long="1h", short="5m", rate=14.4, severity="page"),
    Window(long="6h", short="30m", rate=6, severity="page"),
    Window(long="1d", short="2h", rate=3, severity="ticket"),
    Window(long="3d", short="6h", rate=1, severity="ticket"),
)
"""As the SRE workbook of Google has them, chapter 5: 2, 5, 10 and 10 % of a month's budget are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A share of calls that must be good, over 30 days, for each service.

    `bad` and `all` are expressions by service, with rates over five minutes. With few calls one bad one is a
    large share: nobody is called for fewer than `least` bad ones in the long window.
    """

    name: str
    bad: str
    all: str
    objective: float
    least: int
    says: str

    def recorded(self) -> tuple[Recorded, Recorded]:
        """What the alerts look at; longer windows are sums of these, cheap however many rpcs there are."""
        return (
            Recorded(name=f"linli:{self.name}_bad:rate5m", expr=self.bad),
            Recorded(name=f"linli:{self.name}_all:rate5m", expr=self.all),
        )

    def alerts(self, title: str) -> Iterator[Alert]:
        """`<title>Fast`, which calls somebody, and `<title>Slowly`, which may wait for the morning."""
        for severity, ending in (("page", "Fast"), ("ticket", "Slowly")):
            burning = " or ".join(self._burns(each) for each in _WINDOWS if each.severity == severity)
            lasts = "2m" if severity == "page" else "15m"
            yield Alert(
                name=f"{title}{ending}",
                severity="page" if severity == "page" else "ticket",
                expr=burning,
                lasts=lasts,
                says=self.says,
            )

    def _burns(self, window: Window) -> str:
        bad, budget = f"linli:{self.name}_bad:rate5m", 1 - self.objective
        limit = f"{window.rate * budget:.6g}"
        return (
            f"({self._share(window.long)} > {limit} and {self._share(window.short)} > {limit}"
            f" and sum_over_time({bad}[{window.long}]) * {EVERY} >= {self.least})"
        )

    def _share(self, window: str) -> str:
        bad, everything = f"linli:{self.name}_bad:rate5m", f"linli:{self.name}_all:rate5m"
        return f"sum_over_time({bad}[{window}]) / sum_over_time({everything}[{window}])"
