"""A report as somebody tells it, before anything is known about it."""

from dataclasses import dataclass, field
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from services.cases.domain.commands import Facts, OpenCase
from services.cases.domain.values import Channel, ExternalReference, Point

NOTHING_KNOWN = Facts(
    affair_path="",
    area_path="",
    anonymous_allowed=False,
    responsibilities=(),
    commitment=None,
    calendar=None,
    known=0,
)
"""Stands for the facts where they do not matter: the case exists, the request is repeated or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody tells when they open a case; the place is a point, an area, or both.

    `in_person`: the reporter says it themself. Their token is proof enough that they are registered.
    """

    affair_id: str
    channel: Channel
    at: datetime
    point: Point | None = field(default=None, repr=False)
    area_id: str = ""
    reporter_id: str | None = None
    in_person: bool = False
    anonymous: bool = False
    assisted: bool = False
    external: ExternalReference | None = None
    description: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)

    def as_command(
        self, case_id: str, public_id: str, facts: Facts, *, imported: bool, reporter_known: bool
    ) -> OpenCase:
        """The command to take it in, with what was found out."""
        return OpenCase(
            case_id=case_id,
            public_id=public_id,
            channel=self.channel,
            facts=facts,
            at=self.at,
            reporter_known=reporter_known,
            imported=imported,
            reporter_id=self.reporter_id,
            anonymous=self.anonymous,
            assisted=self.assisted,
            external=self.external,
            point=self.point,
            description=self.description,
            address=self.address,
            contact=self.contact,
        )


def case_id_of(report: Report, context: Context) -> str:
    """The id of the case that the report becomes.

    It follows from the number in another system, if there is one, else from the request: so the
    same matter is not taken in twice, and a repeated request finds the case of the first.
    """
    if report.external is not None:
        return derived_id(f"external/{report.external.system}", report.external.number)
    return derived_id(context.actor, context.request_id or "")
