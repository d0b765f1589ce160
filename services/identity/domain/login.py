"""A login: the name and password by which a person comes in. The name's digest is the id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import refusals

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginCreated:
    """A person can log in with a name and a password."""

    login_id: str
    party_id: str
    login_name: Personal
    password_hash: Personal
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSet:
    """The password of a login is another one."""

    login_id: str
    party_id: str
    password_hash: Personal
    set_at: datetime


LoginEvent = LoginCreated | PasswordSet


# Situations


@dataclass(frozen=True, slots=True)
class Free:
    """Nobody uses this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A person logs in with this name."""

    login_id: str
    party_id: str
    login_name: Personal
    password_hash: Personal

    @property
    def erased(self) -> bool:
        """Whether the person was erased: then the hash is gone and the name is free again."""
        return self.password_hash.value is None


Login = Free | Open


# Evolve


def evolve(login: Login, event: LoginEvent) -> Login:
    """The login after the event."""
    match event, login:
        case LoginCreated(), _:
            return Open(
                login_id=event.login_id,
                party_id=event.party_id,
                login_name=event.login_name,
                password_hash=event.password_hash,
            )
        case PasswordSet(), Open():
            return replace(login, password_hash=event.password_hash)
        case PasswordSet(), Free():
            return login


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLogin:
    """Let a person log in."""

    login_id: str
    party_id: str
    login_name: Personal
    password_hash: Personal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """Replace the password of a login."""

    password_hash: Personal
    at: datetime


LoginCommand = CreateLogin | SetPassword


# Decide


def decide(command: LoginCommand, login: Login) -> Sequence[LoginEvent]:
    """One name, one person; a password can be replaced as long as the person is known."""
    match command, login:
        case CreateLogin(), Open() if not login.erased:
            raise refusals.login_name_is_taken()
        case CreateLogin(), _:
            return [
                LoginCreated(
                    login_id=command.login_id,
                    party_id=command.party_id,
                    login_name=command.login_name,
                    password_hash=command.password_hash,
                    created_at=command.at,
                )
            ]
        case SetPassword(), Open() if not login.erased:
            return [
                PasswordSet(
                    login_id=login.login_id,
                    party_id=login.party_id,
                    password_hash=command.password_hash,
                    set_at=command.at,
                )
            ]
        case SetPassword(), _:
            raise refusals.login_is_unknown()


LOGIN: Decider[LoginCommand, Login, LoginEvent] = Decider(
    category="login", initial=Free(), decide=decide, evolve=evolve
)
