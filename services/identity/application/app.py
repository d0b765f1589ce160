"""Everything that identity can be asked to do: the table of contents."""

from dataclasses import dataclass

from services.identity.application.access import Roles
from services.identity.application.appointment import Appointments
from services.identity.application.area import Areas
from services.identity.application.body import Bodies
from services.identity.application.building import Buildings
from services.identity.application.client import Clients
from services.identity.application.code import Codes
from services.identity.application.code_sending import CodeSending
from services.identity.application.consent import Consents
from services.identity.application.contact import Contacts
from services.identity.application.correction import Corrections
from services.identity.application.delegation import Delegations
from services.identity.application.delivery import Deliveries
from services.identity.application.dispatch import Dispatches
from services.identity.application.enrolment import Enrolments
from services.identity.application.facts import FactsInAreas
from services.identity.application.household import Households
from services.identity.application.incident import Incidents
from services.identity.application.join import Joining
from services.identity.application.keyring import Keys
from services.identity.application.letters import Letters
from services.identity.application.login import Logins
from services.identity.application.membership import Memberships
from services.identity.application.merger import Mergers
from services.identity.application.natural_keys import NaturalKeys
from services.identity.application.nomination import Nominations
from services.identity.application.notice import Notices
from services.identity.application.operators import Machine
from services.identity.application.post import Posts
from services.identity.application.receipt import Receipts
from services.identity.application.resident import Residents
from services.identity.application.review import Reviews
from services.identity.application.sharing import Sharing
from services.identity.application.succession import Successions
from services.identity.application.training import Training
from services.identity.application.visit import Visits
from services.identity.application.webhook import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The use cases, by what they are about.

    areas      define, change_boundary, rename, get, list, locate
    successions  end, split, merge
    residents  register, show, erase
    mergers    propose, propose_undoing, approve, reject, list, registrations, erasing
    corrections  correct, versions
    natural_keys  add, release, of
    receipts   code_of, opening, get, shown
    buildings  register, list, dwellings
    households  form, move_resident, move, list
    visits     record, show, show_own
    facts      to_check, count
    consents   record, propose, get, confirm, revoke, list, given
    delegations  delegate, end
    sharing    define, ask, decide, end, read, twice
    incidents  report, record, get, list
    notices    set, of, list, mark_read
    deliveries  work, open, replay
    letters    print, print_again
    bodies     register, get, list
    access     grant, revoke, revoke_sessions, list
    reviews    confirm, list
    memberships  admit, end, list
    training   define, offer, complete, issue, revoke, list_qualifications, list_courses, certificates
    posts      establish, change_needs, abolish, name_successor, list, appointments, candidates, shortages,
               retention
    appointments  appoint, change_term, end
    nominations  nominate, approve, refuse, withdraw, get, list
    logins     create, set_password, change_password, log_in
    codes      request, check
    code_sending  work
    contacts   confirm, log_in, recover
    enrolments  enrol, confirm, propose_reset, approve_reset
    joining    sign_up, invite, accept
    clients    register, change_secret, retire, list, issue_token
    webhooks   register, rotate, remove, list, all, test, parked, replay
    dispatches  work, close
    machine    make_first_operator, approve_nomination, set_password, remove_second_factor, ensure_developer
    keyring    sign, rotate, ensure, key_set
    """

    areas: Areas
    successions: Successions
    residents: Residents
    mergers: Mergers
    corrections: Corrections
    natural_keys: NaturalKeys
    receipts: Receipts
    buildings: Buildings
    households: Households
    visits: Visits
    facts: FactsInAreas
    consents: Consents
    delegations: Delegations
    sharing: Sharing
    incidents: Incidents
    notices: Notices
    deliveries: Deliveries
    letters: Letters
    bodies: Bodies
    access: Roles
    reviews: Reviews
    memberships: Memberships
    training: Training
    posts: Posts
    appointments: Appointments
    nominations: Nominations
    logins: Logins
    codes: Codes
    code_sending: CodeSending
    contacts: Contacts
    enrolments: Enrolments
    joining: Joining
    clients: Clients
    webhooks: Webhooks
    dispatches: Dispatches
    machine: Machine
    keyring: Keys
