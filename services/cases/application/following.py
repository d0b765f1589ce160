"""What can be followed of cases: how it is now, and by what its events are found."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from libs.query.freshness import Fresh
from libs.query.reach import Reach, area_too_small
from libs.rules.areas import NOWHERE, AreaPath, id_of
from libs.rules.terms import Level
from services.cases.application.case import CaseStream
from services.cases.application.permits import as_opened
from services.cases.application.ports import CaseReads, CaseRow, Picture
from services.cases.domain import refusals
from services.cases.domain.case.situations import Opened

_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Known:
    """A case at a version."""

    version: int
    state: Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What followers are told. Many hear of the same event, so the newest cases are remembered."""

    stream: CaseStream
    reads: CaseReads
    picture: Picture
    remembered: OrderedDict[str, Known] = field(default_factory=OrderedDict)

    def state(self, case_id: str, version: int) -> Opened:
        """A case without texts, as it was at a version or later. Raises CASE_NOT_FOUND."""
        known = self.remembered.get(case_id)
        if known is None or known.version < version:
            loaded = self.stream.load(case_id)
            known = Known(loaded.version, as_opened(loaded.state))
            self.remembered[case_id] = known
            if len(self.remembered) > _REMEMBERED:
                self.remembered.popitem(last=False)
        return known.state

    def forget(self) -> None:
        """Forget all: the store may have become another."""
        self.remembered.clear()

    def require_area(self, area_path: AreaPath, reading: Reach) -> None:
        """Refuse an area to be followed: of which no case would ever be told, or in which few people live.

        Whoever follows a grid cell learns which cases lie in it, although the public face of a case does not
        say so. That is for those who may read these cases anyhow: `reading` is their reach by `cases.read`.
        Raises AREA_UNKNOWN, AREA_TOO_SMALL.
        """
        area = self.picture().areas.get(id_of(area_path))
        if area is None or area.area_path != area_path:
            raise refusals.area_path_unknown(area_path)
        shown = self.public_area(area_path)
        if shown != area_path and not reading.covers(area_path=area_path):
            raise area_too_small(area_path, shown)

    def of_numbers(self, public_ids: Sequence[str], fresh: Fresh) -> Sequence[CaseRow]:
        """The cases with some public numbers. Raises CASE_NOT_FOUND, `ViewBehind`."""
        rows = [self.reads.public(public_id, fresh) for public_id in public_ids]
        found = [row for row in rows if row is not None]
        if len(found) < len(rows):
            raise refusals.case_not_found()
        return found

    def public_area(self, area_path: str) -> AreaPath:
        """Where the public sees that a case lies: its community; a grid cell is too few households."""
        shown = NOWHERE
        for level, path in self.picture().tree(AreaPath(area_path)):
            if level is Level.GRID_CELL:
                break
            shown = path
        return shown
