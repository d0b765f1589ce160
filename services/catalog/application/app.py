"""All that can be asked of the catalog: its table of contents, by noun."""

from dataclasses import dataclass

from services.catalog.application.affair import Affairs
from services.catalog.application.calendar import Calendars
from services.catalog.application.cited import Cited
from services.catalog.application.commitment import Commitments
from services.catalog.application.responsibility import ResponsibilityList
from services.catalog.application.seeding import Seeding
from services.catalog.application.service import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service, by noun."""

    cited: Cited
    affairs: Affairs
    responsibilities: ResponsibilityList
    calendars: Calendars
    commitments: Commitments
    services: Services
    seeding: Seeding
