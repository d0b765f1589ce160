"""All that can be asked of the catalog: its table of contents, by noun."""

from dataclasses import dataclass

from services.catalog.application.affairs import Affairs
from services.catalog.application.cited import Cited
from services.catalog.application.promises import Calendars, Commitments
from services.catalog.application.responsibilities import ResponsibilityList
from services.catalog.application.seeding import Seeding
from services.catalog.application.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The use cases."""

    cited: Cited
    """what commands cite: areas, bodies, affairs"""
    affairs: Affairs
    """define, change, retire · defined, listed"""
    responsibilities: ResponsibilityList
    """assign, revise, end · item, find, listed, unowned"""
    calendars: Calendars
    """define · newest, version, listed"""
    commitments: Commitments
    """publish · find, listed"""
    services: Services
    """publish, change, handle (suspend, resume, retire) · published, search"""

    @property
    def seeding(self) -> Seeding:
        """The nine standard affairs: seed."""
        return Seeding(
            affairs=self.affairs,
            responsibilities=self.responsibilities,
            calendars=self.calendars,
            commitments=self.commitments,
        )
