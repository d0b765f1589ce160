"""Waits until what the cases service published has been noted here."""

from dataclasses import dataclass

from libs.messaging import upstream
from libs.query.freshness import Fresh
from services.supervision.application.ports import FreshOfCases


@dataclass(frozen=True, slots=True)
class Upstream:
    """`ports.Upstream` over what was heard of the cases service."""

    cases: upstream.Upstream

    def heard(self, fresh: FreshOfCases) -> Fresh:
        """Wait until the events of cases are noted; answers what is left to wait for in the views."""
        return self.cases.heard(fresh.cases_at_least, "cases_at_least", fresh)
