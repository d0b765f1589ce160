"""What the cases service offers: its table of contents."""

from dataclasses import dataclass

from services.cases.application.case import Cases
from services.cases.application.clock import Clocks
from services.cases.application.conversation import Conversations
from services.cases.application.duplicate import Duplicates
from services.cases.application.external_system import ExternalSystems
from services.cases.application.following import Following
from services.cases.application.importing import Imports
from services.cases.application.locating import CaseLocating
from services.cases.application.merging import Merges
from services.cases.application.receipt import Receipts
from services.cases.application.report import Reports
from services.cases.application.routing import Routing
from services.cases.application.sensor import Sensors
from services.cases.application.suggesting import Suggesting


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service.

    reports        open, listed
    cases          act, reassign, one, followed, public, listed
    merges         merge, unmerge
    duplicates     suggest
    conversations  case, send, history, overdue
    following      state, forget, require_area, of_numbers, public_area
    routing        explain, preview, unowned
    suggesting     suggest
    imports        tell, finish
    receipts       follow_up, reply
    systems        register, transfer, require
    clocks         explain, reporter_of, early
    sensors        register, retire, record, numbers, listed, incident, linked_alarms
    locating       work
    """

    reports: Reports
    cases: Cases
    merges: Merges
    duplicates: Duplicates
    conversations: Conversations
    following: Following
    routing: Routing
    suggesting: Suggesting
    imports: Imports
    receipts: Receipts
    systems: ExternalSystems
    clocks: Clocks
    sensors: Sensors
    locating: CaseLocating
