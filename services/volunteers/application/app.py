"""What the volunteers service offers: its table of contents."""

from dataclasses import dataclass

from services.volunteers.application.need import Needs
from services.volunteers.application.noted import Areas, Residents
from services.volunteers.application.proposal import Proposals
from services.volunteers.application.volunteer import Volunteers


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service, by noun."""

    areas: Areas
    residents: Residents
    volunteers: Volunteers
    needs: Needs
    proposals: Proposals
