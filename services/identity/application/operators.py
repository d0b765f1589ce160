"""What is done on the machine itself: the first operator, and operators' forgotten passwords."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Refusal
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Task, handle_many
from libs.rules.areas import NOWHERE
from services.identity.application.login import Logins
from services.identity.application.nomination import Nominations
from services.identity.application.registration import NewResident
from services.identity.application.resident import AccessStream, OperatorsStream, Residents
from services.identity.domain import operators
from services.identity.domain.access import GrantRole, RevokeSessions
from services.identity.domain.operators import MakeFirstOperator
from services.identity.domain.second_factor import RemoveSecondFactor
from services.identity.domain.values import KeyKind, NaturalKey, Role, Within

MACHINE = "machine"
"""The actor of what is done by a command on the machine, by whoever may read the installation's secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOperator:
    """A person as the command line describes them, in normal form."""

    name: str
    staff_number: str
    login_name: str
    password: str

    def __repr__(self) -> str:
        """Never shows the person or the password."""
        return "NewOperator()"


DEVELOPER = "developer"
"""The login name of the first operator of `linli up` and `linli cluster`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What can be done about operators by whoever is at the machine. Each is a recorded event."""

    stream: OperatorsStream
    residents: Residents
    access: AccessStream
    logins: Logins
    nominations: Nominations

    def make_first_operator(self, new: NewOperator, at: datetime) -> str:
        """Register a person, let them log in, and make them operator; answers their id.

        Refuses FIRST_OPERATOR_EXISTS the second time, and LOGIN_NAME_TAKEN.
        """
        key = NaturalKey(KeyKind.STAFF_NUMBER, new.staff_number)
        person = NewResident(key=key, name=new.name, phone="", address="", area_id="", at=at)
        registering = self.residents.registering(person, area_path=NOWHERE, fresh=new_id())
        party_id = registering.resident_id
        creating = self.logins.creating(party_id, new.login_name, new.password, at)
        context = Context(actor=MACHINE, reason="first operator of the installation")
        granting = GrantRole(party_id=party_id, role=Role.OPERATOR, within=Within(), at=at, agreed=True)
        tasks: list[Task] = [
            (self.stream, operators.ID, MakeFirstOperator(party_id=party_id, at=at), context),
            (self.residents.stream, party_id, registering, context),
            (self.access, party_id, granting, context),
            (self.logins.stream, creating.login_id, creating, context),
        ]
        handle_many(self.stream.ledger, tasks)
        return party_id

    def approve_nomination(self, nomination_id: str, reason: str, at: datetime) -> None:
        """Stand in for the second person while there is one operator only.

        Refuses OTHER_OPERATORS_EXIST, and whatever an approval is refused for.
        """
        context = Context(actor=MACHINE, reason="approved on the machine")
        self.nominations.approve_at_machine(nomination_id, reason, MACHINE, at, context)

    def set_password(self, login_name: str, password: str, at: datetime) -> None:
        """Replace a password, and end the sessions. Refuses LOGIN_UNKNOWN."""
        context = Context(actor=MACHINE, reason="password replaced on the machine")
        self.logins.replace_password(login_name, password, at, context)

    def remove_second_factor(self, login_name: str, at: datetime) -> None:
        """Ask for a lost one no more, and end the sessions. Refuses LOGIN_UNKNOWN, NO_SECOND_FACTOR."""
        context = Context(actor=MACHINE, reason="second factor removed on the machine")
        party_id = self.logins.party_of(login_name)
        factors = self.logins.factors.stream
        tasks: list[Task] = [
            (factors, party_id, RemoveSecondFactor(party_id=party_id, at=at), context),
            (self.access, party_id, RevokeSessions(party_id=party_id, at=at), context),
        ]
        handle_many(self.stream.ledger, tasks)

    def ensure_developer(self, password: str, at: datetime) -> None:
        """See to it that the developer of a laptop logs in with this password.

        Idempotent: done at every start. They are made only if they are the first operator.
        """
        if not self.stream.load(operators.ID).state.first:
            name, number = "Developer", DEVELOPER
            new = NewOperator(name=name, staff_number=number, login_name=DEVELOPER, password=password)
            try:
                self.make_first_operator(new, at)
            except Refusal as no:  # another process was faster
                if no.code != "FIRST_OPERATOR_EXISTS":
                    raise
        elif self.logins.password_differs(DEVELOPER, password):
            self.set_password(DEVELOPER, password, at)
