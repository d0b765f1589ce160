"""The receipt of an erasure: which services were to forget the person, and which have, since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.rules.areas import NOWHERE, AreaPath

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptOpened:
    """A person was erased; `code_digest` is what is kept of the code that they were given."""

    subject_id: str
    code_digest: str
    services: tuple[str, ...]
    area_path: AreaPath
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceForgot:
    """A service said that it has forgotten the person."""

    subject_id: str
    service: str
    forgotten_at: datetime


ReceiptEvent = ReceiptOpened | ServiceForgot


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Who was to forget, and who has; services may have said so before anybody could ask."""

    erased_at: datetime | None = None
    services: tuple[str, ...] = ()
    area_path: AreaPath = NOWHERE
    forgotten: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all have."""
        return self.erased_at is not None and {*self.services} <= {*self.forgotten}


# Evolve


def evolve(receipt: Receipt, event: ReceiptEvent) -> Receipt:
    """The receipt after the event."""
    match event:
        case ReceiptOpened():
            return replace(
                receipt, erased_at=event.erased_at, services=event.services, area_path=event.area_path
            )
        case ServiceForgot(service=service, forgotten_at=forgotten_at):
            return replace(receipt, forgotten={**receipt.forgotten, service: forgotten_at})


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReceipt:
    """Begin the receipt of an erasure."""

    subject_id: str
    code_digest: str
    services: tuple[str, ...]
    area_path: AreaPath
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteForgotten:
    """Note that a service has forgotten the person."""

    subject_id: str
    service: str
    at: datetime


ReceiptCommand = OpenReceipt | NoteForgotten


# Decide


def decide(command: ReceiptCommand, receipt: Receipt) -> Sequence[ReceiptEvent]:
    """An erasure has one receipt, and each service stands on it once, with its first word."""
    match command:
        case OpenReceipt():
            return [] if receipt.erased_at is not None else [_opened(command)]
        case NoteForgotten():
            return [] if command.service in receipt.forgotten else [_forgot(command)]


def _opened(command: OpenReceipt) -> ReceiptOpened:
    return ReceiptOpened(
        subject_id=command.subject_id,
        code_digest=command.code_digest,
        services=command.services,
        area_path=command.area_path,
        erased_at=command.at,
    )


def _forgot(command: NoteForgotten) -> ServiceForgot:
    return ServiceForgot(subject_id=command.subject_id, service=command.service, forgotten_at=command.at)


RECEIPT: Decider[ReceiptCommand, Receipt, ReceiptEvent] = Decider(
    category="receipt", initial=Receipt(), decide=decide, evolve=evolve
)
