"""Use cases of people's logins: create, replace the password, log in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task, handle_many
from libs.query.throttle import Throttle
from services.identity.application.access import Granter
from services.identity.application.keyring import Keys
from services.identity.application.merger import check_unmerged, registrations
from services.identity.application.ports import Digests, Hashing, Token, TokenClaims
from services.identity.application.resident import (
    AccessStream,
    MergerStream,
    ResidentStream,
    registered,
    survivor_of,
)
from services.identity.application.second_factor import SecondFactors
from services.identity.domain import login, refusals
from services.identity.domain.access import SOON, RevokeSessions
from services.identity.domain.login import CreateLogin, LoginCommand, LoginEvent, SetPassword
from services.identity.domain.values import ORDINARY

LoginStream = Stream[LoginCommand, login.Login, LoginEvent]


@dataclass(frozen=True, slots=True)
class Changed:
    """The login that was created or changed."""

    login_id: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """What can be done with logins."""

    stream: LoginStream
    residents: ResidentStream
    access: AccessStream
    mergers: MergerStream
    digests: Digests
    hashing: Hashing
    throttle: Throttle
    keys: Keys
    factors: SecondFactors
    lifetime: timedelta

    def create(
        self, party_id: str, name: str, password: str, at: datetime, context: Context, granter: Granter
    ) -> Changed:
        """Let a person log in. The caller must reach everything that the person may do."""
        check_unmerged(self.mergers, party_id)
        person = registered(self.residents, party_id)
        self._check_takeover(party_id, at, granter)
        command = self.creating(party_id, name, password, at)
        handled = self.stream.handle(command.login_id, command, replace(context, area=person.area_path))
        return Changed(command.login_id, handled.revision)

    def creating(self, party_id: str, name: str, password: str, at: datetime) -> CreateLogin:
        """The command that lets a person log in. Refuses MERGED_REGISTRATION."""
        check_unmerged(self.mergers, party_id)
        return CreateLogin(
            login_id=self._id(name),
            party_id=party_id,
            login_name=Personal(party_id, name),
            password_hash=Personal(party_id, self.hashing.hash(password)),
            at=at,
        )

    def set_password(
        self, name: str, password: str, at: datetime, context: Context, granter: Granter
    ) -> Changed:
        """Replace a forgotten password, and end the sessions."""
        state = self._known(name)
        self._check_takeover(state.party_id, at, granter)
        return self._replace(state, password, at, context)

    def replace_password(self, name: str, password: str, at: datetime, context: Context) -> Changed:
        """Replace a password, whatever the person may do: for whoever is at the machine."""
        return self._replace(self._known(name), password, at, context)

    def party_of(self, name: str) -> str:
        """Who logs in with a name. Refuses LOGIN_UNKNOWN."""
        return self._known(name).party_id

    def password_differs(self, name: str, password: str) -> bool:
        """Whether somebody logs in with this name, and with another password."""
        state = self.stream.load(self._id(name)).state
        return isinstance(state, login.Open) and not state.erased and not self._knows(state, password)

    def change_password(
        self, name: str, old: str, new: str, at: datetime, context: Context, address: str
    ) -> Changed:
        """Replace one's own password, and end the sessions. `address`: where the caller is."""
        # The new password counts, too: then the change was made and its answer was lost.
        state = self._opened(self._id(name), (old, new), address)
        return self._replace(state, new, at, replace(context, actor=state.party_id))

    def log_in(
        self, name: str, password: str, shown: str, at: datetime, context: Context, address: str
    ) -> Token:
        """A token for whoever knows the password, and shows their second factor. `address`: the caller's."""
        party_id = self.owner(name, password, address)
        self.check_factor(party_id, shown, at, context)
        return self.token_of(party_id, at)

    def check_factor(self, party_id: str, shown: str, at: datetime, context: Context) -> None:
        """Ask for the second factor of a login: of a merged one, for that of the survivor, who is let in."""
        holder = self.factor_holder(party_id)
        whose = holder if self.factors.has(holder) else survivor_of(self.mergers, party_id)
        self.factors.check(whose, shown, at, context)

    def factor_holder(self, party_id: str) -> str:
        """Whose second factor a login goes by: the survivor's, or its own where the survivor has none."""
        survivor = survivor_of(self.mergers, party_id)
        return survivor if self.factors.has(survivor) else party_id

    def owner(self, name: str, password: str, address: str) -> str:
        """Who logs in so. `address`: where the caller is."""
        return self._opened(self._id(name), (password,), address).party_id

    def token_of(self, party_id: str, at: datetime) -> Token:
        """A token for somebody who has shown who they are; by a merged registration it is the survivor's.

        The login of a merged registration opens no office, even one that the survivor got since.
        """
        subject = survivor_of(self.mergers, party_id)
        held = self.access.load(subject).state.held(at + SOON).values()
        grants = [each for each in held if subject == party_id or each.role in ORDINARY]
        claims = TokenClaims(
            subject=subject,
            also=self.mergers.load(subject).state.others,
            kind="person",
            grants=tuple((grant.role, grant.within) for grant in grants),
            scopes=(),
            issued_at=at,
            lifetime=self.lifetime,
            until=min((grant.until for grant in grants if grant.until), default=None),
        )
        return self.keys.sign(claims)

    def _opened(self, login_id: str, passwords: Sequence[str], address: str) -> login.Open:
        """The login that one of the passwords opens; a try that the brake counts."""
        with self.throttle.attempt(login_id, address) as attempt:
            state = self.stream.load(login_id).state
            known = any(self._knows(state, password) for password in passwords)
            if not known or not isinstance(state, login.Open):
                raise refusals.credentials_are_refused()
            attempt.succeeded = True
        return state

    def _known(self, name: str) -> login.Open:
        state = self.stream.load(self._id(name)).state
        if not isinstance(state, login.Open) or state.erased:
            raise refusals.login_is_unknown()
        return state

    def _knows(self, state: login.Login, password: str) -> bool:
        hashed = state.password_hash.value if isinstance(state, login.Open) else None
        return self.hashing.matches(hashed, password)

    def _check_takeover(self, party_id: str, at: datetime, granter: Granter) -> None:
        """A password of one registration opens all that are merged with it: the caller must reach each."""
        for each in registrations(self.mergers, party_id):
            person = registered(self.residents, each)
            granter.check_takeover(person.area_path, self.access.load(each).state, at)

    def _replace(self, state: login.Open, password: str, at: datetime, context: Context) -> Changed:
        hashed = Personal(state.party_id, self.hashing.hash(password))
        tasks: list[Task] = [
            (self.stream, state.login_id, SetPassword(password_hash=hashed, at=at), context),
            (self.access, state.party_id, RevokeSessions(party_id=state.party_id, at=at), context),
        ]
        changed, _ = handle_many(self.stream.ledger, tasks)
        return Changed(state.login_id, changed.revision)

    def _id(self, name: str) -> str:
        return self.digests.digest("login", name)
