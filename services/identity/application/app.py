"""Everything that identity can be asked to do: the table of contents."""

from dataclasses import dataclass

from services.identity.application.areas import Areas
from services.identity.application.clients import Clients
from services.identity.application.keys import Keys
from services.identity.application.logins import Logins
from services.identity.application.parties import Bodies, Residents
from services.identity.application.roles import Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The use cases, by what they are about.

    areas      define, change_boundary, get, list, locate
    residents  register, show, erase
    bodies     register, get, list
    roles      grant, revoke, revoke_sessions, list
    logins     create, set_password, change_password, log_in
    clients    register, change_secret, retire, list, issue_token, ensure_operator
    keys       sign, rotate, ensure, key_set
    """

    areas: Areas
    residents: Residents
    bodies: Bodies
    roles: Roles
    logins: Logins
    clients: Clients
    keys: Keys
