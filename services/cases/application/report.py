"""Reports: what somebody tells, before anything is known about it, and how it becomes a case."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from libs.ledger.consented import Consented
from libs.ledger.decider import Refusal
from libs.ledger.ids import derived_id
from libs.ledger.noted import Note, Noted
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream
from libs.query.freshness import Fresh, PageQuery
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import NOWHERE, within
from services.cases.application.case import CaseHandled, CaseStream
from services.cases.application.external_system import ExternalSystems
from services.cases.application.ports import CaseReads, CaseRow, Picture
from services.cases.application.receipt import Receipts
from services.cases.domain import refusals
from services.cases.domain.case.commands import Facts, OpenCase
from services.cases.domain.case.situations import NotOpened
from services.cases.domain.case.terms import USUAL
from services.cases.domain.noted import (
    ConsentFact,
    ConsentNoted,
    ConsentRevocationNoted,
    ResidentErasureNoted,
    ResidentFact,
    ResidentNoted,
)
from services.cases.domain.values import Attachment, Channel, ExternalReference, Point, public_id

REPORTING = "REPORT_CASES"
"""The purpose of a consent by which a helper reports."""
NOTHING_KNOWN = Facts(
    affair_path="",
    area_path=NOWHERE,
    anonymous_allowed=False,
    responsibilities=(),
    commitment=None,
    terms=USUAL,
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
    consent_id: str = ""
    anonymous: bool = False
    assisted: bool = False
    external: ExternalReference | None = None
    attachments: tuple[Attachment, ...] = ()
    description: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)

    def as_command(
        self,
        case_id: str,
        public_id: str,
        facts: Facts,
        *,
        imported: bool,
        reporter_known: bool,
        receipt: str | None,
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
            receipt=receipt,
            attachments=self.attachments,
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
        return case_id_of_external(report.external)
    return derived_id(context.actor, context.request_id or "")


def case_id_of_external(external: ExternalReference) -> str:
    """The id of the case that has a number in another system."""
    return derived_id(f"external/{external.system}", external.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A report that became a case; `receipt_code` is for a reporter without an account, else ""."""

    handled: CaseHandled
    receipt_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opens a case for a report. `check` refuses a request that is no repetition by what holds now."""

    command: OpenCase
    context: Context
    check: Callable[[], None]
    receipt_code: str

    @property
    def facts_known(self) -> bool:
        """Whether it was found out where the matter lies; otherwise the case is there already."""
        return self.command.facts is not NOTHING_KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """What can be done with reports."""

    stream: CaseStream
    residents: Stream[Note[ResidentFact], Noted[ResidentFact], ResidentFact]
    consents: Stream[Note[ConsentFact], Noted[ConsentFact], ConsentFact]
    consented: Callable[[str], Consented | None]
    systems: ExternalSystems
    receipts: Receipts
    picture: Picture
    reads: CaseReads
    prefix: str
    clock: Callable[[], datetime]

    def open(self, report: Report, context: Context, permit: Permit) -> Taken:
        """Take in a report: locate it, route it, start its clocks. `permit` is asked about the area found."""
        case_id = case_id_of(report, context)
        opening = self.opening(report, case_id, context, permit)
        handled = self.stream.handle(
            case_id, opening.command, opening.context, if_new=opening.check, expect_new=True
        )
        return Taken(handled=handled, receipt_code=opening.receipt_code)

    def opening(self, report: Report, case_id: str, context: Context, permit: Permit) -> Opening:
        """What is to be handled as a case that is most likely new. `permit` is asked about the area found."""
        command, code = self.prepare(report, case_id, imported=context.occurred_at is not None)
        if command.facts is not NOTHING_KNOWN:
            permit(Jurisdiction(area_path=command.facts.area_path))
        context = replace(context, area=command.facts.area_path)
        if report.reporter_id is None:
            self.stream.ledger.keys.expect_new(case_id)
        check = partial(self._check, report, context)
        return Opening(command=command, context=context, check=check, receipt_code=code)

    def prepare(self, report: Report, case_id: str, *, imported: bool = False) -> tuple[OpenCase, str]:
        """The command that opens a case for a report, whatever its channel, and the code of its receipt."""
        facts = self._facts(case_id, report)
        code = "" if report.reporter_id or imported else self.receipts.code_of(case_id)
        command = report.as_command(
            case_id,
            public_id(self.prefix, case_id),
            facts,
            imported=imported,
            reporter_known=self._knows_reporter(report),
            receipt=self.receipts.kept_as(code) if code else None,
        )
        return command, code

    def listed(
        self, query: PageQuery, reporter_ids: Collection[str], fresh: Fresh, area_path: str = ""
    ) -> tuple[Sequence[CaseRow], str]:
        """A page of a reporter's cases, the newest first; of those in an area, if one is named."""
        return self.reads.of_reporter(query, reporter_ids, fresh, area_path)

    def _check(self, report: Report, context: Context) -> None:
        """Refuse a report by what holds now: whose the system is, the consent, who is represented."""
        if report.external is not None:
            self.systems.require(report.external.system, context.actor)
        represented = context.on_behalf_of or report.reporter_id
        if report.consent_id:
            self._check_consent(report.consent_id, {represented, report.reporter_id}, context)
        if represented != report.reporter_id and not self._registered(represented or ""):
            raise refusals.reporter_unknown(represented or "", "on_behalf_of")

    def _check_consent(self, consent_id: str, named: set[str | None], context: Context) -> None:
        """Refuse (CONSENT_UNKNOWN, CONSENT_NOT_VALID) unless who is named lets the caller do this."""
        known = self.consents.load(consent_id).state
        given = known.of(ConsentNoted) or self._consented(consent_id, context)
        if given is None:
            raise refusals.consent_unknown(consent_id)
        ended = known.of(ConsentRevocationNoted) is not None or self.clock() >= given.until
        if ended or named != {given.resident_id} or given.helper_id != context.actor:
            raise refusals.consent_not_valid()

    def _consented(self, consent_id: str, context: Context) -> Consented | None:
        """A consent for several purposes, if reporting is one of them, and this is where it holds."""
        given = self.consented(consent_id)
        if given is not None and (REPORTING not in given.purposes or not within(context.area, given.within)):
            raise refusals.consent_not_valid()
        return given

    def _knows_reporter(self, report: Report) -> bool:
        """Whether the reporter is registered; asked of the store only where somebody else names them."""
        if report.reporter_id is None or report.in_person:
            return True
        return self._registered(report.reporter_id)

    def _registered(self, resident_id: str) -> bool:
        """Whether somebody is registered under the id, and not erased."""
        known = self.residents.load(resident_id).state
        return known.of(ResidentNoted) is not None and known.of(ResidentErasureNoted) is None

    def _facts(self, case_id: str, report: Report) -> Facts:
        """What must be known; for a case that exists nothing, so that a repeated request is answered."""
        try:
            return self.picture().facts(report.affair_id, report.point, report.area_id, report.at)
        except Refusal:
            if isinstance(self.stream.load(case_id).state, NotOpened):
                raise
            return NOTHING_KNOWN
