"""The refusals of the cases service: each has a stable code, and a message with advice."""

import re
from collections.abc import Sequence
from datetime import datetime

from libs.ledger.decider import Kind, Refusal
from libs.rules.areas import AreaPath
from services.cases.domain.values import is_public_id


def case_not_found(case_id: str = "") -> Refusal:
    """Nothing was ever opened under this id."""
    message = "there is no such case: check the id"
    if is_public_id(case_id):
        message = (
            "this is a public number, which GetPublicCase takes: ListMyCases shows reporters the case_id, and"
            " ListCases finds it for staff by public_id"
        )
    return Refusal(Kind.NOT_FOUND, "CASE_NOT_FOUND", message)


def case_exists(public_id: str) -> Refusal:
    """Another request has already opened a case for this matter."""
    message = "a case for this matter already exists: use that one"
    return Refusal(Kind.ALREADY_EXISTS, "CASE_EXISTS", message, public_id=public_id)


def state_forbids(rpc: str, state: str) -> Refusal:
    """The case is not in a state that allows what the rpc asks; `state`: the name of its class."""
    name = "CASE_STATE_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", state).upper()  # as the contract calls it
    message = f"a case in {name} does not allow {rpc}: read the case to see its state"
    return Refusal(Kind.PRECONDITION, "CASE_STATE_FORBIDS", message, command=rpc, state=name)


def out_of_order(at: datetime, last_at: datetime) -> Refusal:
    """The case already has a later event."""
    message = "the case already has a later event: import its history in order"
    facts = {"occurred_time": at.isoformat(), "last_time": last_at.isoformat()}
    return Refusal(Kind.PRECONDITION, "OUT_OF_ORDER", message, **facts)


def affair_unknown(affair_id: str) -> Refusal:
    """No such affair has arrived from the catalog."""
    message = "there is no such affair: take an id from the catalog (a new one is known after a moment)"
    return Refusal(Kind.PRECONDITION, "AFFAIR_UNKNOWN", message, affair_id=affair_id)


def area_unknown(area_id: str) -> Refusal:
    """No such area has arrived from identity."""
    message = "there is no such area: take an id from identity (a new one is known after a moment)"
    return Refusal(Kind.PRECONDITION, "AREA_UNKNOWN", message, area_id=area_id)


def area_path_unknown(area_path: AreaPath) -> Refusal:
    """No such area is to be followed, or a path that was written in another way."""
    message = "there is no area with this path: give the ids from the root to the area, joined by /"
    return Refusal(Kind.NOT_FOUND, "AREA_UNKNOWN", message, area_path=area_path)


def place_outside_areas() -> Refusal:
    """No area contains the place, and none was given."""
    message = "no area contains this place, or no place was given: give an area_id"
    return Refusal(Kind.PRECONDITION, "PLACE_OUTSIDE_AREAS", message)


def reporter_unknown(reporter_id: str, field: str = "reporter_id") -> Refusal:
    """Nobody could erase what is stored under an id that identity does not know."""
    message = (
        f"nobody is registered under this {field}: register them with identity first (a new resident is "
        "known after a moment: try again), or leave it out and give a contact, or report anonymously"
    )
    return Refusal(Kind.PRECONDITION, "REPORTER_UNKNOWN", message, field=field, reporter_id=reporter_id)


def channel_not_yours(channel: str, label_zh: str) -> Refusal:
    """It would count what one kind of caller does as the work of another."""
    message = f"you may not report by {channel}: name a channel that you may use; see `Channel`"
    return Refusal(Kind.PERMISSION, "CHANNEL_NOT_YOURS", message, channel=channel, label_zh=label_zh)


def external_reference_not_allowed() -> Refusal:
    """A person may not set another system's number on their own report."""
    message = "only importers and clients may set external_reference: leave it out"
    return Refusal(Kind.PERMISSION, "EXTERNAL_REFERENCE_NOT_ALLOWED", message)


def external_system_not_registered(system: str) -> Refusal:
    """Nobody has claimed this system."""
    message = "nobody has registered this system: register it with RegisterExternalSystem first"
    return Refusal(Kind.PRECONDITION, "EXTERNAL_SYSTEM_NOT_REGISTERED", message, system=system)


def external_system_not_yours(system: str) -> Refusal:
    """Another client or importer has it."""
    message = "another client registered this system: use your own, or have this one transferred to you"
    return Refusal(Kind.PERMISSION, "EXTERNAL_SYSTEM_NOT_YOURS", message, system=system)


def external_system_taken(system: str) -> Refusal:
    """Another client or importer was first."""
    message = "another client registered this system: choose another name, or have it transferred to you"
    return Refusal(Kind.ALREADY_EXISTS, "EXTERNAL_SYSTEM_TAKEN", message, system=system)


def owner_unknown(owner_id: str) -> Refusal:
    """Nobody could ever send what belongs to an id that identity does not know."""
    message = "no client with this id is in use: take it from ListClients (a new one is known after a moment)"
    return Refusal(Kind.PRECONDITION, "OWNER_UNKNOWN", message, field="owner_id", owner_id=owner_id)


def anonymous_not_allowed(affair_id: str) -> Refusal:
    """The affair needs a reporter who can be asked."""
    message = "this kind of matter needs a reporter: give a reporter_id or a contact, and leave out anonymous"
    return Refusal(Kind.PRECONDITION, "ANONYMOUS_NOT_ALLOWED", message, affair_id=affair_id)


def anonymous_with_name() -> Refusal:
    """An anonymous report that names its reporter."""
    message = (
        "an anonymous report has neither reporter_id nor contact: leave those out, or leave out anonymous"
    )
    return Refusal(Kind.INVALID, "ANONYMOUS_WITH_NAME", message, field="anonymous")


def reporter_is_somebody_else() -> Refusal:
    """Only staff may name another person as the reporter."""
    message = (
        "you may report in your own name only: leave reporter_id and on_behalf_of out; those who may"
        " register people, importers, and helpers with a consent_id, report in the name of others"
    )
    return Refusal(Kind.PERMISSION, "REPORTER_IS_SOMEBODY_ELSE", message)


def consent_unknown(consent_id: str) -> Refusal:
    """No such consent has arrived from identity."""
    message = "there is no such consent: take an id from identity (a new one is known after a moment)"
    return Refusal(Kind.PRECONDITION, "CONSENT_UNKNOWN", message, consent_id=consent_id)


def consent_not_valid() -> Refusal:
    """Revoked, over, of another person, or for another helper."""
    message = "this consent does not let you report in this person's name now: ask them for a new one"
    return Refusal(Kind.PERMISSION, "CONSENT_NOT_VALID", message)


def reporter_cannot_read() -> Refusal:
    """There is neither an account nor a receipt by which the reporter would find the answer."""
    message = "this report has no account and no receipt by which its reporter could read this: add a note"
    return Refusal(Kind.PRECONDITION, "REPORTER_CANNOT_READ", message)


def receipt_refused() -> Refusal:
    """Not told which of the two is wrong."""
    message = "the public number or the receipt code is wrong; try again"
    return Refusal(Kind.UNAUTHENTICATED, "RECEIPT_REFUSED", message)


def body_unknown(body_id: str) -> Refusal:
    """No such body has arrived from identity."""
    message = "there is no such body: take an id from identity (a new one is known after a moment)"
    return Refusal(Kind.PRECONDITION, "BODY_UNKNOWN", message, body_id=body_id)


def body_has_case(body_id: str) -> Refusal:
    """The case is where it should go."""
    message = "this body already has the case: name another"
    return Refusal(Kind.PRECONDITION, "BODY_HAS_CASE", message, body_id=body_id)


def basis_missing() -> Refusal:
    """Nobody is made responsible by a dispatcher's word alone."""
    message = "say by what right this body is responsible: give item_id or legal_basis, and not both"
    return Refusal(Kind.INVALID, "BASIS_MISSING", message, field="item_id")


def item_not_applicable(item_id: str) -> Refusal:
    """Unknown, not in force, of another body, or for other affairs or areas."""
    message = "this item does not make this body responsible for this case now: cite another or a legal basis"
    return Refusal(Kind.PRECONDITION, "ITEM_NOT_APPLICABLE", message, item_id=item_id)


def decided_by_adjudication(area_path: AreaPath) -> Refusal:
    """The next area up has decided; the case cannot be returned again."""
    message = "the next area up has decided which body is responsible: the case stays with it"
    return Refusal(Kind.PRECONDITION, "DECIDED_BY_ADJUDICATION", message, area_path=area_path)


def reopening_window_over(closed_at: datetime) -> Refusal:
    """Too long ago."""
    message = "the case was closed too long ago to be reopened: the matter has to be reported anew"
    return Refusal(Kind.PRECONDITION, "REOPENING_WINDOW_OVER", message, closed_time=closed_at.isoformat())


def outcome_not_listed(code: str, known: Sequence[str]) -> Refusal:
    """Not an outcome of the affair."""
    message = f"this affair has no such outcome: name one of {listed(known)}"
    return Refusal(Kind.PRECONDITION, "OUTCOME_NOT_LISTED", message, outcome=code, known=",".join(known))


def evidence_missing(
    kinds: Sequence[str], shown_before: Sequence[str] = (), twice: Sequence[str] = ()
) -> Refusal:
    """The commitment demands more than digests shown before, or named `twice`, as another kind, too."""
    message = "name it in `evidence` by kind, digest (SHA-256), media_type and size, each piece once"
    if shown_before:
        message = "this piece was attached by somebody else or shown before, so refer to another one"
    elif twice:
        message = f"{listed(twice)} is named as two kinds and counts once: name a piece for each"
    message = f"the commitment demands a {' and a '.join(kinds)}: {message}"
    shown = {"already_shown": ",".join(shown_before)} if shown_before else {}
    return Refusal(Kind.PRECONDITION, "EVIDENCE_MISSING", message, kinds=",".join(kinds), **shown)


def confirmation_pending(until: datetime) -> Refusal:
    """The reporter is asked; nobody speaks for them."""
    message = "the reporter is asked whether this is dealt with: it closes by their word, or by itself"
    return Refusal(Kind.PRECONDITION, "CONFIRMATION_PENDING", message, until_time=until.isoformat())


def reject_reason_not_listed(code: str, known: Sequence[str]) -> Refusal:
    """Not a reason for which cases of this commitment are rejected."""
    message = f"cases are not rejected for this reason: name one of {listed(known)}"
    return Refusal(Kind.PRECONDITION, "REJECT_REASON_NOT_LISTED", message, reason=code, known=",".join(known))


def rejection_upheld(area_path: AreaPath) -> Refusal:
    """The next area up has rejected it, too."""
    message = "the next area up has decided on your objection: if something has changed, report it anew"
    return Refusal(Kind.PRECONDITION, "REJECTION_UPHELD", message, area_path=area_path)


def not_escalated(clock: str, level: int) -> Refusal:
    """Nobody of this level was told."""
    message = "this level was not told of this clock: read the case to see how far it was escalated"
    return Refusal(Kind.PRECONDITION, "NOT_ESCALATED", message, clock=clock, level=str(level))


def works_for_the_body() -> Refusal:
    """Nobody confirms for others what their own body did, or knows for others that it is late."""
    message = "you work for the body that has this case: only somebody who does not may do this"
    return Refusal(Kind.PERMISSION, "WORKS_FOR_THE_BODY", message)


def resolved_before() -> Refusal:
    """Who dealt with a case cannot say that it was never theirs."""
    message = (
        "your body has resolved this case before, so it cannot send it back: continue, or have it reassigned"
    )
    return Refusal(Kind.PRECONDITION, "RESOLVED_BEFORE", message)


def nothing_promised(clock: str) -> Refusal:
    """The case has no such clock."""
    message = "nothing was promised for this clock when the case was opened: read the case to see what was"
    return Refusal(Kind.PRECONDITION, "NOTHING_PROMISED", message, clock=clock)


def moment_not_fired(clock: str, moment: str) -> Refusal:
    """There is nothing to annul."""
    message = "this moment of this clock has not passed: read the case to see which have"
    return Refusal(Kind.PRECONDITION, "MOMENT_NOT_FIRED", message, clock=clock, moment=moment)


def moment_was_due(due_at: datetime) -> Refusal:
    """It passed rightly, or time has caught up with it: nobody takes it back."""
    message = (
        "this moment was due while its clock ran, so it stands: only one that came too early is annulled"
    )
    return Refusal(Kind.PRECONDITION, "MOMENT_WAS_DUE", message, due_time=due_at.isoformat())


def affair_retired(affair_id: str) -> Refusal:
    """The affair takes no new cases."""
    message = "this affair takes no new cases: choose another from the catalog"
    return Refusal(Kind.PRECONDITION, "AFFAIR_RETIRED", message, affair_id=affair_id)


def limit_out_of_reach(calendar_id: str) -> Refusal:
    """By its calendar a limit falls due after the end of all calendars."""
    message = "by this calendar the promised limit never falls due: change the calendar or the commitment"
    return Refusal(Kind.PRECONDITION, "LIMIT_OUT_OF_REACH", message, calendar_id=calendar_id)


def calendar_unknown(calendar_id: str) -> Refusal:
    """Nothing that was promised by it can be counted."""
    message = "the calendar of this promise is not known here: define it in the catalog, or try again later"
    return Refusal(Kind.PRECONDITION, "CALENDAR_UNKNOWN", message, calendar_id=calendar_id)


def content_is_the_reporters(reporter_id: str) -> Refusal:
    """The content is encrypted under the key of a person, not of the case."""
    message = "this content belongs to its reporter: erase the person with EraseSubject"
    return Refusal(Kind.PRECONDITION, "CONTENT_IS_THE_REPORTERS", message, reporter_id=reporter_id)


def listed(codes: Sequence[str]) -> str:
    """The codes that may be named, or the first dozen: an answer's trailers have a limit."""
    return ", ".join(codes[:12]) + ", ..." * (len(codes) > 12)
